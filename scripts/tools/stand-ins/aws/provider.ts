import pulumi from '@pulumi/pulumi';
import { changesBetween, inputOf, type PropertyChange } from '../changes.ts';
import { checkInputs } from '../check.ts';
import { Sdk, type Declaration } from '../declarations.ts';
import { liveInputs } from '../live-inputs.ts';
import { nameOf, typeOf, type Diff, type RecordingProvider } from '../provider.ts';
import { Records, reveal } from '../records.ts';
import { plain, UNKNOWN, withoutMarks, type Wire } from '../wire.ts';
import { callFunction } from './functions.ts';
import { deletionRefusal, stopping, stopRefusal } from './guards.ts';
import { outputsOf, plannedOutputs } from './outputs.ts';
import { isGenerated, named, namingOf, Resource } from './resource.ts';
import { argumentsOf, settingsOf, withAllTags, type AwsSettings } from './settings.ts';
import { replaces } from './types.ts';

/** What @pulumi/aws, as installed, declares. */
const sdk = new Sdk('@pulumi/aws');

/** Of `aws:ec2/instance:Instance`; null where the SDK has no such type. */
export function declarationOf(type: string): Declaration | null {
  const [, file, name] = /^aws:([\w/]+):(\w+)$/.exec(type) ?? [];
  return file === undefined || name === undefined ? null : sdk.resource(file.replace(/^index\//, ''), name);
}

/**
 * Records what a program wants of AWS instead of making it: checks inputs against the SDK's declarations,
 * answers with ids and ARNs of AWS's shape, and keeps each resource in a file that stands for what is really
 * there. Nothing leaves this machine.
 */
export class AwsProvider implements RecordingProvider {
  readonly version = '7.48.0';
  readonly #records: Records;
  #settings: AwsSettings = settingsOf({});

  constructor(records: Records = new Records()) {
    this.#records = records;
  }

  checkConfig(inputs: Wire) {
    return checkInputs('aws.Provider', sdk.providerInputs(), argumentsOf(inputs));
  }

  configure(config: Wire): void {
    this.#settings = settingsOf(config);
    if (this.#settings.region === '') {
      throw new Error('The AWS provider needs a region: set aws:region, or region on the provider.');
    }
  }

  async check({ urn, olds, news }: Parameters<RecordingProvider['check']>[0]) {
    const type = typeOf(urn);
    const declaration = declarationOf(type);
    if (declaration === null) {
      const reason = `@pulumi/aws ${this.version} has no resource ${type}.`;
      return { inputs: news, failures: [{ property: '', reason }] };
    }
    const failures = checkInputs(type, declaration.inputs, news);
    const isTaggable = declaration.outputs.some(({ name }) => name === 'tagsAll');
    const tagged = isTaggable ? withAllTags(news, this.#settings) : news;
    const naming = namingOf(type, declaration.inputs);
    if (naming === null) return { inputs: tagged, failures };
    const next = new Resource(urn, news, await this.#records.lives(urn), this.#settings);
    const result = named(naming, tagged, { name: nameOf(urn), olds, digits: next.hex(16, 'name') });
    return { inputs: result.inputs, failures: [...failures, ...result.failures] };
  }

  diff({ urn, oldInputs, news }: Parameters<RecordingProvider['diff']>[0]): Diff {
    const type = typeOf(urn);
    const replaceOnUserData = news['userDataReplaceOnChange'] === true;
    const changes = changesBetween(oldInputs, news).map((change) => ({
      ...change,
      replaces: replaces(type, change.path) || (replaceOnUserData && /^userData(Base64)?$/.test(change.path)),
    }));
    const property = namingOf(type, declarationOf(type)?.inputs ?? [])?.property ?? '';
    // There cannot be two of one name: the old one goes first, unless the name is generated.
    const keepsName =
      news[property] !== undefined && news[property] === oldInputs[property] && !isGenerated(news, property);
    return { changes, deleteBeforeReplace: keepsName && changes.some((change) => change.replaces) };
  }

  async create({ urn, inputs, preview }: Parameters<RecordingProvider['create']>[0]) {
    const life = await this.#records.lives(urn);
    const one = new Resource(urn, inputs, life, this.#settings);
    const declared = this.#outputs(urn);
    if (preview) return { id: '', properties: plannedOutputs(declared, one, withoutMarks(inputs)) };
    const { id } = one;
    await this.#records.mustBeFree(urn, id);
    const properties = outputsOf(declared, one, withoutMarks(inputs));
    await this.#records.write({ urn, id, life, inputs, properties });
    return { id, properties };
  }

  async update({ urn, id, oldInputs, olds, news, preview }: Parameters<RecordingProvider['update']>[0]) {
    const changes = changesBetween(oldInputs, news);
    await this.#noteStop({ urn, id, olds, preview }, changes);
    // What an input said, and no input says any more, is AWS's to say again.
    const before = Object.fromEntries(
      Object.entries(olds).filter(([name]) => !(name in oldInputs) && !(name in news)),
    );
    if (changes.some(({ path }) => !['tags', 'tagsAll'].includes(inputOf(path)))) {
      before['latestVersion'] = preview ? UNKNOWN : following(olds['latestVersion']);
    }
    const life =
      (preview ? await this.#records.find(urn, id) : await this.#records.mustFind(urn, id))?.life ?? 0;
    const one = new Resource(urn, news, life, this.#settings);
    const properties = outputsOf(this.#outputs(urn), one, withoutMarks(news), before);
    if (!preview) await this.#records.write({ urn, id, life, inputs: news, properties });
    return properties;
  }

  async read({ urn, id, inputs, properties }: Parameters<RecordingProvider['read']>[0]) {
    const kept = await this.#records.find(urn, id);
    if (kept === null) return null;
    const live = reveal(kept.properties, properties) as Wire;
    return {
      inputs: liveInputs(inputs, live, declarationOf(typeOf(urn))?.inputs ?? []),
      properties: live,
    };
  }

  async delete({ urn, id }: Parameters<RecordingProvider['delete']>[0]): Promise<void> {
    const kept = await this.#records.find(urn, id);
    if (kept === null) return;
    const refusal = deletionRefusal(kept.type, kept.properties);
    if (refusal !== null) throw new Error(`deleting ${kept.type} (${id}): ${refusal}`);
    await this.#records.remove(urn, id);
  }

  async invoke(token: string, args: Wire): Promise<Wire> {
    const answer = callFunction(token, plain(args) as Wire, this.#settings);
    return { ...answer, ...(await this.#records.answer(token)) };
  }

  #outputs(urn: string): Declaration['outputs'] {
    return declarationOf(typeOf(urn))?.outputs ?? [];
  }

  /** Says that an instance is stopped and started, or refuses as AWS does, when it is asked, where it may not be. */
  async #noteStop(
    { urn, id, olds, preview }: { urn: string; id: string; olds: Wire; preview: boolean },
    changes: readonly PropertyChange[],
  ): Promise<void> {
    const causes = stopping(typeOf(urn), changes);
    if (causes.length === 0) return;
    const refusal = stopRefusal(id, olds);
    if (refusal !== null && !preview) {
      throw new Error(`stopping EC2 Instance (${id}) to change ${causes.join(', ')}: ${refusal}`);
    }
    await pulumi.log.warn(
      `changing ${causes.join(', ')} stops and starts ${id}: what is on its instance store is lost`,
      { urn: pulumi.output(urn) } as pulumi.Resource,
    );
  }
}

/** Versions are counted, as numbers or as text. */
function following(version: unknown): unknown {
  return typeof version === 'string' ? String(Number(version) + 1) : Number(version) + 1;
}
