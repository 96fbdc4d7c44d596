import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../infra/config.ts';

const buckets = JSON.stringify([
  { name: 'images', source: 'food-co-images', cluster: 'images', target: 'food-co-images' },
]);
const valid = { 'storage:environment': 'local', 'storage:buckets': buckets };

describe('parseSettings', () => {
  it('fills in the defaults that Pulumi.yaml declares', () => {
    expect(parseSettings('storage', valid)).toEqual({
      environment: 'local',
      phase: 'prepare',
      wait: false,
      buckets: JSON.parse(buckets) as unknown,
      keepDays: 15,
      quietSeconds: 3600,
      holdLimitSeconds: 30,
      lateEventSeconds: 900,
      certificateHours: 24,
      requestSeconds: 60,
      holdRequestMilliseconds: 5000,
      refreshMilliseconds: 1000,
      syncWorkers: 2,
      revive: '',
      clockAheadDays: 0,
      home: '/var/lib/storage-local',
      portBase: 7400,
    });
  });

  it('reads false as false', () => {
    expect(parseSettings('storage', { ...valid, 'storage:wait': 'false' }).wait).toBe(false);
  });

  it('says everything that is wrong at once, with what was given and what would be right', () => {
    const wrong = {
      'storage:environment': 'local',
      'storage:phase': 'cut-over',
      'storage:portBase': '80',
      'storage:quietSecond': '5',
      'storage:buckets': JSON.stringify([
        { name: 'Images', source: 'x', cluster: 'other', target: 'ok-bucket' },
      ]),
    };
    const message = messageOf(() => parseSettings('storage', wrong));
    expect(message).toContain(
      'storage:quietSecond: there is no such setting; did you mean storage:quietSeconds?',
    );
    expect(message).toContain('storage:phase: Invalid option');
    expect(message).toContain('it is "cut-over"');
    expect(message).toContain('storage:portBase');
    expect(message).toContain('storage:buckets[0].name: must be lower-case letters, digits and dashes');
    expect(message).toContain('storage:buckets[0].cluster');
  });

  it('names a key that is not set and how to set it', () => {
    expect(messageOf(() => parseSettings('storage', { 'storage:environment': 'local' }))).toContain(
      'storage:buckets: not set. Set it: pulumi config set storage:buckets',
    );
  });

  it('leaves the keys of providers alone', () => {
    expect(parseSettings('storage', { ...valid, 'aws:region': 'us-east-1' }).phase).toBe('prepare');
  });

  it('refuses a hold that could never end in time', () => {
    const message = messageOf(() =>
      parseSettings('storage', {
        ...valid,
        'storage:holdLimitSeconds': '5',
        'storage:holdRequestMilliseconds': '5000',
      }),
    );
    expect(message).toContain('holdLimitSeconds: 5 s is less than what a hold waits for writes in flight');
  });
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
