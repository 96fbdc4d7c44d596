import { createHash } from 'node:crypto';
import pulumi from '@pulumi/pulumi';
import { checkMembers } from '../declarations/check.ts';
import type { ResourceDeclaration } from '../declarations/sdk.ts';
import { changesBetween } from '../recording/changes.ts';
import { nameOf, typeOf, type Diff, type RecordingProvider, type Wire } from '../recording/provider.ts';
import { liveInputs } from '../recording/live-inputs.ts';
import { Records, reveal } from '../recording/records.ts';
import { plain, UNKNOWN } from '../secrets.ts';
import { callFunction } from './functions/index.ts';
import { deletionRefusal, stopping, stopRefusal } from './guards.ts';
import { isGenerated, named, namingOf } from './names.ts';
import { outputsOf, plannedOutputs } from './outputs.ts';
import { replaces } from './replacements.ts';
import { declarationOf, sdk } from './sdk.ts';
import { checkSettings, settingsOf, withAllTags, type AwsSettings } from './settings.ts';
import { shapeOf } from './shapes/index.ts';
import { hex, text, type Life } from './shapes/shape.ts';

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
    return checkSettings(sdk, inputs);
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
    const failures = checkMembers(sdk, type, declaration.inputs, news);
    const isTaggable = declaration.outputs.some(({ name }) => name === 'tagsAll');
    const tagged = isTaggable ? withAllTags(news, this.#settings) : news;
    const naming = namingOf(shapeOf(type), declaration.inputs);
    if (naming === null) return { inputs: tagged, failures };
    const digits = hex(await this.#nextLife(urn, news), 16, 'name');
    const result = named(naming, tagged, { name: nameOf(urn), olds, digits });
    return { inputs: result.inputs, failures: [...failures, ...result.failures] };
  }

  diff({ urn, oldInputs, news }: Parameters<RecordingProvider['diff']>[0]): Promise<Diff> {
    const type = typeOf(urn);
    const replaceOnUserData = news['userDataReplaceOnChange'] === true;
    const changes = changesBetween(oldInputs, news).map((change) => ({
      ...change,
      replaces: replaces(type, change.path) || (replaceOnUserData && /^userData(Base64)?$/.test(change.path)),
    }));
    const mustReplace = changes.some((change) => change.replaces);
    const property = namingOf(shapeOf(type), declarationOf(type)?.inputs ?? [])?.property;
    // Two resources of one name cannot stand side by side: the old one goes first, unless the name is generated.
    const keepsName =
      property !== undefined && news[property] === oldInputs[property] && !isGenerated(news, property);
    return Promise.resolve({
      changes,
      deleteBeforeReplace: mustReplace && keepsName && news[property] !== undefined,
    });
  }

  async create({ urn, inputs, preview }: Parameters<RecordingProvider['create']>[0]) {
    const { type, declaration } = this.#known(urn);
    const life = await this.#records.lives(urn);
    const one = this.#life(urn, inputs, life);
    if (preview) return { id: '', properties: plannedOutputs(sdk, declaration, one, withoutMarks(inputs)) };
    const id = this.#idOf(one);
    if ((await this.#records.find(urn, id)) !== null) {
      throw new Error(`creating ${type} (${id}): AlreadyExists: there is a ${type} ${id} already.`);
    }
    const properties = outputsOf(sdk, declaration, one, id, withoutMarks(inputs), null);
    await this.#records.write({ urn, id, life, inputs, properties });
    await this.#records.beginLife(urn, id);
    return { id, properties };
  }

  async update({ urn, id, oldInputs, olds, news, preview }: Parameters<RecordingProvider['update']>[0]) {
    const { type, declaration } = this.#known(urn);
    const kept = await this.#records.find(urn, id);
    const life = this.#life(urn, news, kept?.life ?? 0);
    const changes = changesBetween(oldInputs, news);
    await this.#noteStop({ urn, type, id, olds, preview }, changes);
    // What an input said, and no input says any more, is AWS's to say again.
    const before = Object.fromEntries(
      Object.entries(olds).filter(([name]) => !(name in oldInputs) && !(name in news)),
    );
    const updated = shapeOf(type).updated;
    const tops = changes.map(({ path }) => path.split(/[.[]/, 1)[0] ?? '');
    const isUpdated = updated?.by.some((name) =>
      name === '*' ? tops.some((top) => top !== 'tags' && top !== 'tagsAll') : tops.includes(name),
    );
    const anew = isUpdated === true ? (updated?.outputs(life, id, olds) ?? {}) : {};
    if (preview) {
      const unknown = Object.fromEntries(Object.keys(anew).map((name) => [name, UNKNOWN]));
      return outputsOf(sdk, declaration, life, id, withoutMarks(news), { ...before, ...unknown });
    }
    if (kept === null) throw new Error(`updating ${type} (${id}): NotFound: there is no ${type} ${id}.`);
    const properties = outputsOf(sdk, declaration, life, id, withoutMarks(news), { ...before, ...anew });
    await this.#records.write({ urn, id, life: kept.life, inputs: news, properties });
    return properties;
  }

  async read({ urn, id, inputs, properties }: Parameters<RecordingProvider['read']>[0]) {
    const kept = await this.#records.find(urn, id);
    if (kept === null) return null;
    const live = reveal(kept.properties, properties) as Wire;
    return {
      inputs: liveInputs(inputs, live, declarationOf(typeOf(urn))?.inputs ?? [], sdk),
      properties: live,
    };
  }

  async delete({ urn, id }: Parameters<RecordingProvider['delete']>[0]): Promise<void> {
    const kept = await this.#records.find(urn, id);
    if (kept === null) return;
    const refusal = deletionRefusal(kept.type, id, kept.properties);
    if (refusal !== null) throw new Error(`deleting ${kept.type} (${id}): ${refusal}`);
    await this.#records.remove(urn, id);
  }

  async invoke(token: string, args: Wire): Promise<Wire> {
    const answer = await callFunction(token, plain(args) as Wire, this.#settings);
    return { ...answer, ...(await this.#records.answer(token)) };
  }

  #known(urn: string): { type: string; declaration: ResourceDeclaration } {
    const type = typeOf(urn);
    const declaration = declarationOf(type);
    if (declaration === null) throw new Error(`@pulumi/aws ${this.version} has no resource ${type}.`);
    return { type, declaration };
  }

  /** The next resource that will be made of that URN. */
  async #nextLife(urn: string, inputs: Wire): Promise<Life> {
    return this.#life(urn, inputs, await this.#records.lives(urn));
  }

  #life(urn: string, inputs: Wire, which: number): Life {
    const given = plain(inputs) as Wire;
    const region = typeof given['region'] === 'string' ? given['region'] : this.#settings.region;
    const identity = createHash('sha256').update(`${urn} life ${which}`).digest('hex');
    const { account } = this.#settings;
    return { type: typeOf(urn), name: nameOf(urn), identity, inputs: given, region, account };
  }

  #idOf(life: Life): string {
    const shape = shapeOf(life.type);
    if (shape.id !== undefined) return shape.id(life);
    const property = namingOf(shape, declarationOf(life.type)?.inputs ?? [])?.property ?? 'name';
    return text(life, property) || `${life.name}-${hex(life, 17)}`;
  }

  /** Says that an instance is stopped and started, or refuses as AWS does, when it is asked, where it may not be. */
  async #noteStop(
    { urn, type, id, olds, preview }: { urn: string; type: string; id: string; olds: Wire; preview: boolean },
    changes: readonly { path: string }[],
  ): Promise<void> {
    const causes = stopping(type, changes);
    if (causes.length === 0) return;
    const refusal = stopRefusal(id, olds);
    if (refusal !== null && !preview)
      throw new Error(`stopping EC2 Instance (${id}) to change ${causes.join(', ')}: ${refusal}`);
    await pulumi.log.warn(
      `changing ${causes.join(', ')} stops and starts ${id}: what is on its instance store is lost`,
      { urn: pulumi.output(urn) } as pulumi.Resource,
    );
  }
}

function withoutMarks(inputs: Wire): Wire {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !name.startsWith('__')));
}
