import { describe, expect, it } from 'vitest';
import type { Phase } from '../../../../scripts/contract/phases.ts';
import { Addresses } from '../../../../scripts/platform/nginx/addresses.ts';
import { originReader, wantedOrigin } from '../../../../scripts/platform/nginx/wanted-origin.ts';

it.each<[Phase | 'none', Phase | null, 'source' | 'target', string]>([
  ['none', 'prepare', 'source', 's3'],
  ['prepare', null, 'source', 's3'],
  ['copy', null, 'source', 's3'],
  // The gate has been passed; the hold has not turned.
  ['copy', 'cutover', 'source', 's3'],
  ['copy', 'cutover', 'target', 'ceph-then-pending'],
  ['cutover', null, 'target', 'ceph-then-pending'],
  // On the way back, until it has turned.
  ['cutover', 'copy', 'target', 'ceph-then-pending'],
  ['retain', null, 'target', 'ceph-then-pending'],
  ['retain', 'copy', 'source', 's3'],
  ['retain', 'retire', 'target', 'ceph'],
  ['retire', null, 'target', 'ceph'],
  ['done', null, 'target', 'ceph'],
])(
  'in %s, entering %s, with writes going to the %s, the origin is %s',
  (phase, entering, writesGoTo, order) => {
    expect(wantedOrigin({ phase, entering, writesGoTo, epoch: 4n })).toEqual({ order, epoch: 4n });
  },
);

describe('a ledger', () => {
  const copying = { phase: 'copy', entering: 'cutover', epoch: 1n, writesGoTo: 'source' } as const;
  const turned = { phase: 'cutover', entering: null, epoch: 2n, writesGoTo: 'target' } as const;
  const restored =
    "the ledger is in epoch 1, and the applications' parameter in 2: it was restored from a backup of before they " +
    'turned (docs/proof.md, "A ledger from a backup")';

  /** A reader of a ledger and a parameter that the test sets, and how often the parameter was asked. */
  function reader(epoch: string | null) {
    const seen: { move: typeof copying | typeof turned; epoch: string | null; asked: number } = {
      ...{ move: copying, epoch, asked: 0 },
    };
    const read = originReader(
      () => Promise.resolve(seen.move),
      () => {
        seen.asked += 1;
        return Promise.resolve(seen.epoch === null ? null : { epoch: seen.epoch });
      },
    );
    return { seen, read };
  }

  it('that was restored from a backup of before the turn is not believed', async () => {
    await expect(reader('2').read()).rejects.toThrow(restored);
  });

  it('that was restored while it is followed is not believed either', async () => {
    const { seen, read } = reader('1');
    Object.assign(seen, { move: turned, epoch: '2' });
    expect(await read()).toEqual({ order: 'ceph-then-pending', epoch: 2n });
    seen.move = copying;
    await expect(read()).rejects.toThrow(restored);
    await expect(read()).rejects.toThrow(restored);
    seen.move = turned;
    expect(await read()).toEqual({ order: 'ceph-then-pending', epoch: 2n });
  });

  it('whose turn the applications have not heard of yet is believed', async () => {
    const { seen, read } = reader('1');
    seen.move = turned;
    expect(await read()).toEqual({ order: 'ceph-then-pending', epoch: 2n });
  });

  it('is believed before the parameter was ever written', async () => {
    expect(await reader(null).read()).toEqual({ order: 's3', epoch: 1n });
  });

  it('is held against the parameter only when it says something new', async () => {
    const { seen, read } = reader('1');
    await read();
    await read();
    expect(seen.asked).toBe(1);
    seen.move = turned;
    await read();
    await read();
    expect(seen.asked).toBe(2);
  });
});

/** Names that lead where the test says, by a clock of its own. */
function names() {
  const answers: Record<string, string[] | Error> = { ceph: ['10.0.2.1', '10.0.1.1'], s3: ['52.1.1.1'] };
  const asked: string[] = [];
  let now = 0;
  const addresses = new Addresses(
    {
      ceph: { url: 'https://ceph', everySeconds: 5 },
      s3: { url: 'https://s3', everySeconds: 300 },
      pending: { url: 'http://172.20.0.9:7401', everySeconds: 5 },
    },
    {
      lookUp: (host) => {
        asked.push(host);
        const answer = answers[host] ?? [];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      now: () => now,
    },
  );
  return { addresses, answers, asked, pass: (seconds: number) => (now += seconds * 1000) };
}

it('addresses come in one order, with the port of their scheme or of their URL', async () => {
  const { addresses, asked } = names();
  expect(await addresses.upstreams()).toEqual({
    ceph: ['10.0.1.1:443', '10.0.2.1:443'],
    s3: ['52.1.1.1:443'],
    pending: ['172.20.0.9:7401'],
  });
  expect(asked).toEqual(['ceph', 's3']);
});

it('each name is looked up as often as it changes', async () => {
  const { addresses, answers, asked, pass } = names();
  await addresses.upstreams();
  answers['ceph'] = ['10.0.1.1'];
  answers['s3'] = ['52.2.2.2'];
  pass(4);
  expect((await addresses.upstreams()).ceph).toHaveLength(2);
  pass(2);
  expect(await addresses.upstreams()).toMatchObject({ ceph: ['10.0.1.1:443'], s3: ['52.1.1.1:443'] });
  pass(300);
  expect((await addresses.upstreams()).s3).toEqual(['52.2.2.2:443']);
  expect(asked).toEqual(['ceph', 's3', 'ceph', 'ceph', 's3']);
});

it.each([
  ['cannot be looked up', new Error('SERVFAIL')],
  ['leads nowhere', []],
])('a name that %s any more keeps its addresses', async (_, answer) => {
  const { addresses, answers, pass } = names();
  await addresses.upstreams();
  answers['ceph'] = answer;
  pass(6);
  expect((await addresses.upstreams()).ceph).toHaveLength(2);
});

it('a name that was never found is an error', async () => {
  const { addresses, answers } = names();
  answers['s3'] = new Error('ENOTFOUND');
  await expect(addresses.upstreams()).rejects.toThrow('ENOTFOUND');
});
