import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, type ScalarTag } from 'yaml';
import { overlap } from '../support/iam/patterns.ts';
import { root } from './workflows.ts';

type OneOrMore = string | string[];
type Statement = {
  Sid: string;
  Effect: 'Allow' | 'Deny';
  Action: OneOrMore;
  Resource?: OneOrMore;
  NotResource?: OneOrMore;
  Condition?: Record<string, Record<string, string>>;
};
type Template = {
  Resources: Record<
    string,
    { Properties: { Policies?: { PolicyDocument: { Statement: Statement[] } }[] } } | undefined
  >;
};

const list = (value: OneOrMore | undefined) => (value === undefined ? [] : [value].flat());

/** A role of docs/bootstrap/environment.yaml, as CloudFormation makes it for an environment. */
export type Role = {
  /** What its own policies come to, as IAM counts it. */
  characters: number;
  /**
   * Whether it may do something to a resource, by its own policies.
   * @param attributes keys of conditions with their values; a statement with another one does not hold
   */
  may(action: string, resource?: string, attributes?: Record<string, string>): boolean;
};

/** @param name the logical name in the template, for example `UpRole` */
export async function readRole(name: string, environment: string): Promise<Role> {
  const text = await readFile(path.join(root, 'docs/bootstrap/environment.yaml'), 'utf8');
  const values: Record<string, string> = {
    'AWS::AccountId': '111122223333',
    'AWS::Partition': 'aws',
    'AWS::Region': 'us-east-1',
    Environment: environment,
    ProviderArn: 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com',
    Repository: 'food-co/storage',
    'StateBucket.Arn': `arn:aws:s3:::storage-${environment}-state-111122223333`,
    'StateKey.Arn': 'arn:aws:kms:us-east-1:111122223333:key/state',
  };
  const filled = (source: string) =>
    source.replace(/\$\{([^}]+)\}/g, (whole, key: string) => values[key] ?? whole);
  const tag = (named: string, resolve: (value: string) => string): ScalarTag => ({ tag: named, resolve });
  const template = parse(text, {
    customTags: [
      tag('!Sub', filled),
      tag('!Ref', (value) => filled(`\${${value}}`)),
      tag('!GetAtt', (value) => filled(`\${${value}}`)),
    ],
  }) as Template;
  const policies = template.Resources[name]?.Properties.Policies ?? [];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const holds = (
    statement: Statement,
    action: string,
    resource: string,
    attributes: Record<string, string>,
  ) =>
    list(statement.Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    (statement.NotResource === undefined
      ? list(statement.Resource).some((pattern) => matches(pattern, resource))
      : !list(statement.NotResource).some((pattern) => matches(pattern, resource))) &&
    Object.values(statement.Condition ?? {})
      .flatMap(Object.entries)
      .every(([key, value]) => attributes[key] === value);
  return {
    characters: JSON.stringify(policies.map(({ PolicyDocument }) => PolicyDocument)).length,
    may: (action, resource = 'arn:aws:any:us-east-1:111122223333:thing', attributes = {}) => {
      const held = statements.filter((one) => holds(one, action, resource, attributes));
      return held.some(({ Effect }) => Effect === 'Allow') && held.every(({ Effect }) => Effect === 'Allow');
    },
  };
}

function matches(pattern: string, text: string): boolean {
  return overlap(pattern, text);
}
