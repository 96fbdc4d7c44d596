import type { Wire } from '../../recording/provider.ts';
import { textOf, type AwsFunction } from './function.ts';

type Statement = {
  sid?: string;
  effect?: string;
  actions?: string[];
  notActions?: string[];
  resources?: string[];
  notResources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  notPrincipals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
};

/** The document that the data source writes: single values as text, several as a list, in the order of names. */
function statement(given: Statement): Wire {
  const single = (values: string[] | undefined) => {
    const sorted = values === undefined ? undefined : [...values].sort().reverse();
    return sorted?.length === 1 ? sorted[0] : sorted;
  };
  const conditions: Record<string, Wire> = {};
  for (const { test, variable, values } of given.conditions ?? []) {
    conditions[test] = { ...conditions[test], [variable]: values.length === 1 ? values[0] : values };
  }
  const parts: Wire = {
    Sid: given.sid,
    Effect: given.effect ?? 'Allow',
    Action: single(given.actions),
    NotAction: single(given.notActions),
    Resource: single(given.resources),
    NotResource: single(given.notResources),
    Principal: principals(given.principals),
    NotPrincipal: principals(given.notPrincipals),
    Condition: Object.keys(conditions).length > 0 ? conditions : undefined,
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined && value !== ''));
}

function principals(given: Statement['principals']): unknown {
  if (given === undefined || given.length === 0) return undefined;
  if (given.some(({ type }) => type === '*')) return '*';
  const of: Record<string, string[]> = {};
  for (const { type, identifiers } of given) of[type] = [...(of[type] ?? []), ...identifiers];
  return Object.fromEntries(
    Object.entries(of).map(([type, identifiers]) => [
      type,
      identifiers.length === 1 ? identifiers[0] : identifiers,
    ]),
  );
}

export const identity: Record<string, AwsFunction> = {
  'aws:iam/getPolicyDocument:getPolicyDocument': (args) => {
    const document = {
      Version: args['version'] ?? '2012-10-17',
      ...(args['policyId'] === undefined ? {} : { Id: args['policyId'] }),
      Statement: ((args['statements'] ?? []) as Statement[]).map(statement),
    };
    return { id: '1', json: JSON.stringify(document, null, 2), minifiedJson: JSON.stringify(document) };
  },
  'aws:iam/getPolicy:getPolicy': (args, { account }) => {
    const name = textOf(args, 'name');
    const given = args['arn'];
    const arn = typeof given === 'string' ? given : `arn:aws:iam::${account}:policy/${name}`;
    return {
      id: arn,
      arn,
      name: arn.split('/').at(-1),
      path: '/',
      description: '',
      policy: '{}',
      policyId: 'ANPAEXAMPLE',
      attachmentCount: 0,
      tags: {},
    };
  },
  'aws:kms/getAlias:getAlias': (args, { region, account }) => {
    const name = textOf(args, 'name');
    const target = `arn:aws:kms:${region}:${account}:key/00000000-0000-4000-8000-000000000000`;
    return {
      id: `arn:aws:kms:${region}:${account}:${name}`,
      region,
      name,
      arn: `arn:aws:kms:${region}:${account}:${name}`,
      targetKeyId: '00000000-0000-4000-8000-000000000000',
      targetKeyArn: target,
    };
  },
};
