import { AWS_EVENTS, eventsOverlap } from '../../contract/event-names.ts';
import { CACHED_CLUSTER, notificationId } from '../../contract/names.ts';
import type { Environment, Move } from '../../contract/environment.ts';
import type { Entry } from '../../store/documents.ts';
import { childrenOf, parseXml } from '../../store/xml.ts';
import { blocking, warning, type PreflightFinding } from './finding.ts';

/** Checks of what only Amazon's buckets have. */

/** S3 takes no two notifications for one event and overlapping prefixes, and ours is for every key. */
export function overlapFindings(
  about: string,
  move: Pick<Move, 'name' | 'events'>,
  entries: readonly Entry[],
): PreflightFinding[] {
  if (move.events === 'eventbridge') return [];
  const theirs = entries.filter(({ id }) => id !== notificationId(move));
  const overlapping = theirs.filter((entry) =>
    eventsOf(entry).some((event) => AWS_EVENTS.some((ours) => eventsOverlap(event, ours))),
  );
  if (overlapping.length === 0) return [];
  const names = overlapping.map(({ id }) => id ?? 'one without a name').join(', ');
  return [
    blocking(
      about,
      `notifications of the bucket's own (${names}) are for events that capture needs, and S3 refuses two for the same: ` +
        `set "events: eventbridge" for ${move.name} in storage:buckets`,
    ),
  ];
}

function eventsOf({ text }: Entry): string[] {
  const root = /^<(\w+)/.exec(text)?.[1] ?? '';
  return childrenOf(parseXml(text, root), 'Event').filter((event) => typeof event === 'string');
}

/** The cache tier reads the images as anybody, by a statement for the VPC's endpoint. */
export function cacheTierFindings(
  about: string,
  { cacheTier }: Pick<Environment, 'cacheTier'>,
  move: Pick<Move, 'sourceBucket' | 'targetCluster'>,
  encryption: readonly string[],
): PreflightFinding[] {
  if (cacheTier.sourceVpcEndpoint === undefined || move.targetCluster !== CACHED_CLUSTER) return [];
  const opaque = encryption.filter((name) => name.startsWith('aws:kms')).length;
  if (opaque > 0) {
    return [
      blocking(
        about,
        `${opaque} of the objects looked at are encrypted with a KMS key, which S3 never decrypts for a request without a signature, ` +
          'as the cache tier sends it: have them written again with SSE-S3 first',
      ),
    ];
  }
  return [
    warning(
      about,
      `whatever ${move.sourceBucket} holds will be readable through the cache tier, private objects too: keep these in another bucket`,
    ),
  ];
}
