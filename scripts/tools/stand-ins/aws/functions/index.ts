import type { Wire } from '../../recording/provider.ts';
import type { AwsSettings } from '../settings.ts';
import { compute } from './compute.ts';
import { delivery } from './delivery.ts';
import type { AwsFunction } from './function.ts';
import { identity } from './identity.ts';
import { places } from './places.ts';

const FUNCTIONS: Record<string, AwsFunction> = { ...places, ...compute, ...identity, ...delivery };

export function callFunction(token: string, args: Wire, settings: AwsSettings): Promise<Wire> {
  const answer = FUNCTIONS[token];
  if (answer === undefined) {
    const known = Object.keys(FUNCTIONS).sort().join(', ');
    throw new Error(
      `The stand-in for the aws plugin has no function ${token}; it has: ${known}. Add it in scripts/tools/stand-ins/aws/functions.`,
    );
  }
  const region = typeof args['region'] === 'string' ? args['region'] : settings.region;
  return Promise.resolve({ ...args, ...answer(args, { ...settings, region }) });
}
