import { storesArguments } from '../command-line.ts';

/** How fast sync may go. */
export const limitArgument = {
  limit: {
    type: 'string',
    valueHint: 'LIMITS',
    description:
      'how fast all workers together may go, with windows of the day in UTC, for example ' +
      '"50MB/s@08:00-20:00,1000req/s"; "none" for no limit; default: as it was set before',
  },
} as const;

/** What of each key is carried. */
export const versionsArgument = {
  versions: {
    type: 'boolean',
    default: false,
    description:
      'carry every version of each key, oldest first, delete markers as deletions; the target bucket must be ' +
      'versioned. Of a run that is open what it was begun with holds. Default: the latest versions alone',
  },
} as const;

/** Which shards a worker takes first. */
export const shardArgument = {
  shard: {
    type: 'string',
    valueHint: 'i/n',
    description:
      'of n workers this is number i, from 0: it takes its own shards first, then helps the others; ' +
      'default: JOB_COMPLETION_INDEX of MIGRATE_WORKERS, where these variables are set',
  },
} as const;

/** How long a worker puts up with a store that gives trouble. */
export const patienceArgument = {
  patience: {
    type: 'string',
    valueHint: 'SECONDS',
    description:
      'how long to wait in all, in longer and longer pauses, for a store that gives trouble; then it stops where it was, with exit code 3; default: 60',
  },
} as const;

/** Of a whole run in one process. */
export const runArguments = {
  ...storesArguments,
  ...limitArgument,
  ...patienceArgument,
  ...versionsArgument,
  'dry-run': {
    type: 'boolean',
    default: false,
    description: 'say what would be copied and deleted, with counts and bytes; write nothing anywhere',
  },
  concurrency: {
    type: 'string',
    valueHint: 'N',
    description: 'objects in flight at once, of this process; default: what the environment says, else 32',
  },
  json: {
    type: 'boolean',
    default: false,
    description:
      'progress as JSON lines and a summary at the end; so it is anyway where the output is no terminal',
  },
} as const;
