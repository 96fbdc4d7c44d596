import { block, blocks, list, text } from './values.ts';

/** A statement of a policy document, with every list a list. */
export type Statement = {
  sid: string;
  allows: boolean;
  /** Lower case, as IAM compares them. */
  actions: string[];
  /** Whether it says `NotAction`, `NotResource` or `NotPrincipal`: all but the ones named. */
  inverted: boolean;
  resources: string[];
  /** Who: ARNs, accounts, services; `*` for anybody. Empty in a policy of an identity. */
  principals: string[];
  /** What conditions look at, lower case, whatever the operator, and what they compare it with. */
  conditions: { key: string; values: string[] }[];
};

/**
 * The statements of a policy document, given as text or as an object. None where it is not known yet.
 * Throws a SyntaxError where the text is no JSON.
 */
export function statementsOf(document: unknown): Statement[] {
  const parsed: unknown = typeof document === 'string' ? JSON.parse(document) : document;
  return blocks(block(parsed)['Statement']).map((statement) => ({
    sid: text(statement['Sid']),
    allows: statement['Effect'] === 'Allow',
    actions: list(statement['Action'] ?? statement['NotAction']).map((action) =>
      String(action).toLowerCase(),
    ),
    inverted: ['NotAction', 'NotResource', 'NotPrincipal'].some((key) => key in statement),
    resources: list(statement['Resource'] ?? statement['NotResource']).map(String),
    principals: principalsOf(statement['Principal'] ?? statement['NotPrincipal']),
    conditions: Object.values(block(statement['Condition'])).flatMap((keys) =>
      Object.entries(block(keys)).map(([key, values]) => ({
        key: key.toLowerCase(),
        values: list(values).map(String),
      })),
    ),
  }));
}

function principalsOf(principal: unknown): string[] {
  if (principal === '*') return ['*'];
  return Object.values(block(principal)).flatMap((value) => list(value).map(String));
}

/** How a statement is called in a message. */
export function called(statement: Statement): string {
  return statement.sid === '' ? 'a statement without Sid' : `the statement ${statement.sid}`;
}
