import { indexShards } from '../../../infra/storage/ceph/plan/index-shards.ts';
import type { AwsSettings } from '../../../infra/settings/aws.ts';
import { VERIFY_CONCURRENCY } from '../../../infra/storage/environment-document.ts';
import { PLANS } from '../../../infra/storage/workers/deployments.ts';
import { LISTINGS_AT_ONCE } from '../../move/verify/scan.ts';
import { sizeOf } from './copy.ts';
import { indexing } from './nodes.ts';
import { figure } from './figures.ts';
import { count, time } from './text.ts';

/** AWS' price of a thousand requests in dollars, us-east-1. */
const PRICES = { list: 0.005, get: 0.0004 };
/** Functions of the capture that run at once, and messages that each takes (infra/storage/capture). */
const CAPTURE = { functions: 10, messages: 10 };
/** Keys that one pod of replay works on at once: an argument of its command. */
const REPLAY_CONCURRENCY = Number(PLANS.replay.words.at(-1));
/** Keys that the hold may find still to be compared: `FEW_KEYS` of the base certificate's gate. */
const KEYS_IN_HOLD = 100;
const CANARY_AND_TURN_SECONDS = 3;

/** What each other step takes: its name, how long, how that comes about, what follows from it. */
export function steps(settings: AwsSettings): string[][] {
  const { objects } = sizeOf(settings);
  const pages = objects / figure('keysPerList');
  const dollars = (requests: number, price: number) => `$${Math.round((requests / 1000) * price)}`;
  const listing = (workers: number) => time((pages * figure('firstByte')) / workers);

  const shards = indexShards(objects);
  const { osds } = indexing(settings.ceph.images.nodeGroups);
  const listingCeph = (pages * shards) / (osds * figure('writesPerFlash'));
  const captured = (CAPTURE.functions * CAPTURE.messages) / figure('eventSeconds');
  const replaySeconds = 2 * figure('head') + figure('firstByte') + figure('put');
  const replayed = (PLANS.replay.replicas * REPLAY_CONCURRENCY) / replaySeconds;
  const compared = Math.min(VERIFY_CONCURRENCY / (2 * figure('head')), 1 / figure('comparerProcessor'));
  const waits = (settings.refreshMilliseconds + settings.holdRequestMilliseconds) / 1000;
  const hold = Math.ceil(waits + KEYS_IN_HOLD / compared + CANARY_AND_TURN_SECONDS);
  return [
    [
      'Listing S3',
      `${listing(1)} by 1 worker, ${listing(10)} by 10, ${listing(100)} by 100`,
      `${count(pages)} pages × ${figure('firstByte')} s ÷ workers; ${dollars(pages, PRICES.list)}, and ${dollars(objects, PRICES.get)} for the GETs`,
      'Never the limit: each worker lists only the keys that it copies.',
    ],
    [
      'Listing Ceph, once it is full',
      time(listingCeph),
      `${count(pages)} pages × ${count(shards)} shards of the index, all read for each page ÷ (${osds} NVMe × ${count(figure('writesPerFlash'))}/s)`,
      'The price of an index that is never resharded. Comparisons and repeated runs pay it; at the first copy the target is empty.',
    ],
    [
      'Merging both listings again',
      time(Math.max((pages * figure('firstByte')) / LISTINGS_AT_ONCE, listingCeph)),
      `the longer of: S3, ${count(pages)} pages × ${figure('firstByte')} s ÷ ${LISTINGS_AT_ONCE} at once (${dollars(pages, PRICES.list)}); and Ceph, as above`,
      'After a gap in capture, or where the last one ended more than `certificateHours` ago. Applications go on writing.',
    ],
    [
      'Capture',
      `${count(captured)} changes a second`,
      `${CAPTURE.functions} functions × ${CAPTURE.messages} messages ÷ ${figure('eventSeconds')} s`,
      'More than that waits in SQS, and the lag alarm rings.',
    ],
    [
      'Replay',
      `${count(replayed)} changes a second`,
      `${PLANS.replay.replicas} pods × ${REPLAY_CONCURRENCY} at once ÷ (2 × ${figure('head')} s HEAD + ${figure('firstByte')} s GET + ${figure('put')} s PUT)`,
      'A burst drains at this rate. It must be under the lag’s bound before the cutover.',
    ],
    [
      'The comparison before the cutover',
      time(objects / compared),
      `${count(objects)} keys ÷ the lower of ${VERIFY_CONCURRENCY} at once ÷ (2 × ${figure('head')} s: HEAD and ACL of both sides) and 1 ÷ ${figure('comparerProcessor')} s of processor`,
      'One pod, whatever the number of copy workers.',
    ],
    [
      'The hold',
      `about ${hold} s, never more than ${settings.holdLimitSeconds} s`,
      `${waits} s until clients pause and writes in flight end + ${KEYS_IN_HOLD} keys ÷ ${count(compared)}/s + ${CANARY_AND_TURN_SECONDS} s for the canary and the turn`,
      'It depends on neither objects nor workers. S3 reports most changes within seconds, [some after a minute or longer](https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html): then the hold is called off at its limit, S3 goes on, and you try again.',
    ],
  ];
}
