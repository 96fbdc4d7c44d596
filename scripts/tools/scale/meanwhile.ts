import { indexShards } from '../../../infra/storage/ceph/plan/index-shards.ts';
import { osdsPerNode, storageRole } from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { PLANS } from '../../../infra/storage/workers/deployments.ts';
import { VERIFY_CONCURRENCY } from '../../../infra/storage/environment-document.ts';
import { FIGURES } from './figures.ts';
import { count, sizeOf, sum } from './model.ts';

/** What goes on beside the copy, before it and after it. */
export type Step = { what: string; takes: string; arithmetic: string; more: string };

/** AWS' prices of a thousand requests in dollars, us-east-1. */
const PRICES = { list: 0.005, get: 0.0004 };
/** Functions of the capture that run at once, and messages that each takes (infra/storage/capture). */
const CAPTURE = { functions: 10, messages: 10 };
/** Keys that one pod of replay works on at once: an argument of its command. */
const REPLAY_CONCURRENCY = Number(PLANS.replay.words.at(-1));
/** Keys that the hold may find still to be compared (scripts/move/steps/certify.ts). */
const KEYS_IN_HOLD = 100;

export function steps(settings: AwsSettings): Step[] {
  const { objects } = sizeOf(settings);
  const { comparerProcessor, head, firstByte, put, keysPerList } = FIGURES;
  const pages = objects / keysPerList.value;
  const listing = (workers: number) => time((pages * firstByte.value) / workers);
  const shards = indexShards(objects);
  const groups = settings.ceph.images.nodeGroups;
  const indexRole = groups.some((group) => storageRole(group) === 'hottest') ? 'hottest' : 'hot';
  const disks = sum(
    groups
      .filter((group) => storageRole(group) === indexRole)
      .map((group) => group.count * osdsPerNode(group)),
  );
  const reads = disks * FIGURES.writesPerFlash.value;
  const compared = Math.min(VERIFY_CONCURRENCY / (2 * head.value), 1 / comparerProcessor.value);
  const changes = (CAPTURE.functions * CAPTURE.messages) / FIGURES.eventSeconds.value;
  const replayed =
    (PLANS.replay.replicas * REPLAY_CONCURRENCY) / (2 * head.value + firstByte.value + put.value);
  const waits = settings.refreshMilliseconds / 1000 + settings.holdRequestMilliseconds / 1000;
  return [
    {
      what: 'Listing S3',
      takes: `${listing(1)} by 1 worker, ${listing(10)} by 10, ${listing(100)} by 100`,
      arithmetic: `${count(pages)} pages × ${firstByte.value} s ÷ workers; $${Math.round((pages / 1000) * PRICES.list)}, and $${Math.round((objects / 1000) * PRICES.get)} for the GETs`,
      more: 'Never the limit: each worker lists only the keys that it copies.',
    },
    {
      what: 'Listing Ceph, once it is full',
      takes: time((pages * shards) / reads),
      arithmetic: `${count(pages)} pages × ${count(shards)} shards of the index, each of which is asked for each page ÷ (${disks} NVMe × ${count(FIGURES.writesPerFlash.value)}/s)`,
      more: 'The price of an index that is never resharded. At the first copy the target is empty: comparisons and repeated runs pay it.',
    },
    {
      what: 'Capture',
      takes: `${count(changes)} changes a second`,
      arithmetic: `${CAPTURE.functions} functions × ${CAPTURE.messages} messages ÷ ${FIGURES.eventSeconds.value} s`,
      more: 'More wait in SQS, whose own rate has no limit to speak of; the lag alarm rings. Each function holds one connection to Aurora.',
    },
    {
      what: 'Replay',
      takes: `${count(replayed)} changes a second`,
      arithmetic: `${PLANS.replay.replicas} pods × ${REPLAY_CONCURRENCY} at once ÷ (2 × ${head.value} s HEAD + ${firstByte.value} s GET + ${put.value} s PUT)`,
      more: 'Less than what capture takes: a burst drains at this rate. It must be under the lag’s bound before the cutover.',
    },
    {
      what: 'The comparison before the cutover',
      takes: time(objects / compared),
      arithmetic: `${count(objects)} keys ÷ the lower of ${VERIFY_CONCURRENCY} at once ÷ (2 × ${head.value} s: HEAD and ACL of both sides) and 1 ÷ ${comparerProcessor.value} s of processor`,
      more: 'One pod, whatever the number of copy workers.',
    },
    {
      what: 'The hold',
      takes: `about ${Math.ceil(waits + KEYS_IN_HOLD / compared + 3)} s, never more than ${settings.holdLimitSeconds} s`,
      arithmetic: `${settings.refreshMilliseconds / 1000} s until clients have heard + ${settings.holdRequestMilliseconds / 1000} s for writes in flight + ${KEYS_IN_HOLD} keys ÷ ${count(compared)}/s + 3 s for a canary’s way through SQS and the turn of every Nginx`,
      more: 'It depends on neither objects nor workers: what changed since the comparison is compared again before, until few keys are left. S3 tells of a change within seconds mostly, and [sometimes after a minute or longer](https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html): then the hold is called off at its limit, S3 goes on, and it is tried again.',
    },
  ];
}

/** In the unit in which one thinks of it. */
export function time(seconds: number): string {
  if (seconds < 90 * 60) return `${Math.max(1, Math.round(seconds / 60))} min`;
  const hours = seconds / 3600;
  return hours < 72 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}
