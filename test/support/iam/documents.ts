import { z } from 'zod';
import type { Recorded } from '../recorded.ts';

const several = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);
const PrincipalSchema = z.union([
  z.literal('*'),
  z.partialRecord(z.enum(['AWS', 'Service', 'Federated', 'CanonicalUser']), several),
]);

/** What IAM takes for a statement; anything else in it is refused. */
const StatementSchema = z.strictObject({
  Sid: z.string().regex(/^[A-Za-z0-9]+$/),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: PrincipalSchema.optional(),
  NotPrincipal: PrincipalSchema.optional(),
  Action: several.optional(),
  NotAction: several.optional(),
  Resource: several.optional(),
  NotResource: several.optional(),
  Condition: z.record(z.string(), z.record(z.string(), several)).optional(),
});
const DocumentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.array(StatementSchema).min(1),
});
export type Statement = z.infer<typeof StatementSchema>;

/** `identity`: of the one that acts · `trust`: who may take a role · `resource`: of what is acted on. */
export type DocumentKind = 'identity' | 'trust' | 'resource';
export type PolicyDocument = {
  /** The resource's name in the program. */
  name: string;
  /** The resource's type. */
  type: string;
  kind: DocumentKind;
  statements: Statement[];
};

/** Every policy document among the inputs of resources, however deep. Throws for one that IAM would refuse. */
export function policyDocuments(resources: readonly Recorded[]): PolicyDocument[] {
  return resources.flatMap(({ type, name, inputs }) =>
    texts(inputs).flatMap((text) => {
      if (!/^\s*\{/.test(text) || !/"Statement"/.test(text)) return [];
      return [readDocument(type, name, text)];
    }),
  );
}

export function readDocument(type: string, name: string, text: string): PolicyDocument {
  const parsed = DocumentSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${type} ${name} is no policy: ${z.prettifyError(parsed.error)}`);
  const { Statement: statements } = parsed.data;
  return { type, name, statements, kind: kindOf(statements) };
}

function kindOf(statements: readonly Statement[]): DocumentKind {
  if (!statements.some((one) => one.Principal !== undefined || one.NotPrincipal !== undefined)) {
    return 'identity';
  }
  return statements.every(({ Resource, NotResource }) => Resource === undefined && NotResource === undefined)
    ? 'trust'
    : 'resource';
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : [];
}
