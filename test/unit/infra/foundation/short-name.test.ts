import { expect, it } from 'vitest';
import { shortName } from '../../../../infra/foundation/short-name.ts';

it.each([
  ['storage-balancer-nginx', 'storage-balancer-nginx'],
  ['twenty-four-characters-a', 'twenty-four-characters-a'],
  ['storage-stores-metadata-gateways-rgw', 'metadata-gateways-rgw'],
  ['withoutanythingtobreakitapart', 'withoutanythingtobreakitapart'],
])('%s', (name, short) => {
  expect(shortName(name)).toBe(short);
});
