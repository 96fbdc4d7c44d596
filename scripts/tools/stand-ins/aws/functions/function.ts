import type { Wire } from '../../recording/provider.ts';
import type { AwsSettings } from '../settings.ts';

/** A data source: always the same answer to the same question. */
export type AwsFunction = (args: Wire, settings: AwsSettings) => Wire;

/** An argument as text. */
export function textOf(args: Wire, name: string, otherwise = ''): string {
  const value = args[name];
  return typeof value === 'string' ? value : otherwise;
}
