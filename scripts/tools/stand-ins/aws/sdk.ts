import path from 'node:path';
import type { ResourceDeclaration } from '../declarations/sdk.ts';
import { Sdk } from '../declarations/sdk.ts';

/** What @pulumi/aws, as installed, declares. */
export const sdk = new Sdk(path.resolve(import.meta.dirname, '../../../../node_modules/@pulumi/aws'));

/** Of `aws:ec2/instance:Instance`; null where the SDK has no such type. */
export function declarationOf(type: string): ResourceDeclaration | null {
  const [, file, name] = /^aws:([\w/]+):(\w+)$/.exec(type) ?? [];
  return file === undefined || name === undefined ? null : sdk.resource(file.replace(/^index\//, ''), name);
}
