import { changesBetween } from '../changes.ts';
import { checkInputs } from '../check.ts';
import { liveInputs } from '../live-inputs.ts';
import { nameOf, typeOf, type Diff, type RecordingProvider } from '../provider.ts';
import { identityOf, Records, reveal } from '../records.ts';
import { plain, UNKNOWN, withoutMarks, withoutVersion, type Wire } from '../wire.ts';
import { ApiServer } from './api-server.ts';
import { declarationOf, isCustom, isMany, isOfTheCluster, replaces, sdk, type Mutable } from './kinds.ts';

/**
 * `apply`: objects also go to the API server of the provider's kubeconfig, or of KUBECONFIG. Else they are
 * recorded alone.
 */
export const APPLY_VARIABLE = 'STORAGE_RECORDED_KUBERNETES';

const AUTONAMED = 'pulumi.com/autonamed';

type Metadata = { name?: string; namespace?: string; annotations?: Wire; [field: string]: unknown };

/**
 * Records what a program wants of Kubernetes, held against the SDK's declarations, and has it applied by a
 * real API server where one is asked for.
 */
export class KubernetesProvider implements RecordingProvider {
  readonly version = '4.34.2';
  readonly #records = new Records();
  #server: ApiServer | null = null;
  #namespace = 'default';
  #mutable: Mutable = { configMaps: false, secrets: false };

  checkConfig(inputs: Wire) {
    return checkInputs('kubernetes.Provider', sdk.providerInputs(), withoutVersion(inputs));
  }

  configure(config: Wire): void {
    const value = (name: string) => {
      const given = plain(config[name]);
      return typeof given === 'string' || typeof given === 'boolean' ? String(given) : undefined;
    };
    this.#mutable = {
      configMaps: value('enableConfigMapMutable') === 'true',
      secrets: value('enableSecretMutable') === 'true',
    };
    if (process.env[APPLY_VARIABLE] === 'apply') {
      const kubeconfig = value('kubeconfig') ?? process.env['KUBECONFIG'];
      if (kubeconfig === undefined) {
        throw new Error(`${APPLY_VARIABLE}=apply needs a kubeconfig, on the provider or in KUBECONFIG.`);
      }
      this.#server = new ApiServer(kubeconfig);
    }
    this.#namespace = value('namespace') ?? this.#server?.namespace ?? 'default';
  }

  async check({ urn, olds, news }: Parameters<RecordingProvider['check']>[0]) {
    const type = typeOf(urn);
    const declaration = declarationOf(type);
    if (isMany(type) || (declaration === null && !isCustom(type))) {
      const reason = `@pulumi/kubernetes ${this.version} has no ${type} that can be applied as one object.`;
      return { inputs: news, failures: [{ property: '', reason }] };
    }
    const failures = declaration === null ? [] : checkInputs(type, declaration.inputs, news);
    const metadata = (plain(news['metadata']) ?? {}) as Metadata | string;
    // Metadata that is not known yet is left alone.
    if (typeof metadata === 'string') return { inputs: news, failures };
    const old = (plain(olds?.['metadata']) ?? {}) as Metadata;
    const named = this.#named(urn, metadata, old, await this.#records.lives(urn));
    const kind = String(news['kind']);
    const placed = isOfTheCluster(kind) ? named : { namespace: this.#namespace, ...named };
    return { inputs: { ...news, metadata: placed }, failures };
  }

  /** What has no name gets one, kept from then on, as the real provider does. */
  #named(urn: string, metadata: Metadata, old: Metadata, life: number): Metadata {
    if (metadata.name !== undefined || metadata['generateName'] !== undefined) return metadata;
    const digits = identityOf(urn, life).slice(0, 8);
    const isKept = old.annotations?.[AUTONAMED] === 'true';
    return {
      ...metadata,
      name: (isKept ? old.name : undefined) ?? `${nameOf(urn)}-${digits}`,
      annotations: { ...metadata.annotations, [AUTONAMED]: 'true' },
    };
  }

  diff({ oldInputs, news }: Parameters<RecordingProvider['diff']>[0]): Diff {
    const object = plain(news) as Wire;
    const changes = changesBetween(oldInputs, news).map((change) => ({
      ...change,
      replaces: replaces(object, change.path, this.#mutable),
    }));
    const before = (plain(oldInputs['metadata']) ?? {}) as Metadata;
    const after = (object['metadata'] ?? {}) as Metadata;
    const isAutonamed = after.annotations?.[AUTONAMED] === 'true';
    // There cannot be two objects of one name.
    const keepsName = !isAutonamed && before.name === after.name && before.namespace === after.namespace;
    return { changes, deleteBeforeReplace: keepsName && changes.some((change) => change.replaces) };
  }

  async create({ urn, inputs, preview }: Parameters<RecordingProvider['create']>[0]) {
    const id = idOf(inputs);
    if (preview) return { id: '', properties: await this.#planned(inputs, true) };
    await this.#records.mustBeFree(urn, id);
    const life = await this.#records.lives(urn);
    const properties = await this.#apply(urn, inputs, life, true);
    await this.#records.write({ urn, id, life, inputs, properties });
    return { id, properties };
  }

  async update({ urn, id, news, preview }: Parameters<RecordingProvider['update']>[0]) {
    if (preview) return this.#planned(news, false);
    const { life } = await this.#records.mustFind(urn, id);
    const properties = await this.#apply(urn, news, life, false);
    await this.#records.write({ urn, id, life, inputs: news, properties });
    return properties;
  }

  async read({ urn, id, inputs, properties }: Parameters<RecordingProvider['read']>[0]) {
    const kept = await this.#records.find(urn, id);
    if (kept === null) return null;
    const recorded = reveal(kept.properties, properties) as Wire;
    const live = this.#server === null ? recorded : await this.#server.read(objectOf(inputs));
    if (live === null) return null;
    const members = declarationOf(typeOf(urn))?.inputs ?? [];
    return { inputs: liveInputs(inputs, live, members), properties: live };
  }

  async delete({ urn, id, properties }: Parameters<RecordingProvider['delete']>[0]): Promise<void> {
    await this.#server?.delete(objectOf(properties));
    await this.#records.remove(urn, id);
  }

  invoke(token: string): Promise<Wire> {
    throw new Error(`The stand-in for the kubernetes plugin has no function ${token}.`);
  }

  /** The object as it would be: the API server checks it, where there is one and all values are known. */
  async #planned(inputs: Wire, create: boolean): Promise<Wire> {
    if (this.#server === null || JSON.stringify(inputs).includes(UNKNOWN)) return inputs;
    await this.#server.apply(objectOf(inputs), { dryRun: true, create });
    return inputs;
  }

  async #apply(urn: string, inputs: Wire, life: number, create: boolean): Promise<Wire> {
    if (this.#server !== null) {
      const { metadata, status } = await this.#server.apply(objectOf(inputs), { dryRun: false, create });
      return { ...inputs, metadata, ...(status === undefined ? {} : { status }) };
    }
    const metadata = {
      ...(inputs['metadata'] as Wire),
      uid: identityOf(urn, life)
        .slice(0, 32)
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      resourceVersion: '1',
    };
    return { ...inputs, metadata };
  }
}

function objectOf(properties: Wire): Wire {
  return withoutMarks(plain(properties) as Wire);
}

/** `NAMESPACE/NAME`, or `NAME` of what belongs to the cluster. */
function idOf(inputs: Wire): string {
  const { name, namespace } = (plain(inputs['metadata']) ?? {}) as Metadata;
  return namespace === undefined ? String(name) : `${namespace}/${name}`;
}
