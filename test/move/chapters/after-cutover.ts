import { describe, expect, it } from 'vitest';
import { replayLag } from '../../../scripts/ledger/operations.ts';
import { receiverOf } from '../../../scripts/local/places.ts';
import { StoreClient } from '../../../scripts/store/client.ts';
import { eventually, kill, standing, supervised } from '../support.ts';
import { destroyKeepsEverything } from './destroy.ts';
import type { Story } from '../the-move.test.ts';

/** One event as the source RGW sends it. */
function event(story: Story, key: string, eventName: string, sequencer: string): object {
  const bucket = story.environment.moves[0]?.sourceBucket ?? '';
  return {
    eventVersion: '2.2',
    eventSource: 'ceph:s3',
    awsRegion: '',
    eventTime: new Date().toISOString(),
    eventName,
    userIdentity: { principalId: 'applications' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'storage-migration-images',
      bucket: {
        name: bucket,
        ownerIdentity: { principalId: 'applications' },
        arn: `arn:aws:s3:::${bucket}`,
        id: '',
      },
      object: { key, size: 0, eTag: '', versionId: '', sequencer, metadata: [], tags: [] },
    },
    eventId: '',
    opaqueData: '',
  };
}

export function afterCutover(story: Story): void {
  describe('after the cutover', () => {
    it('deletes nothing on Ceph for an expiry, a duplicated or a redriven delete of S3', async () => {
      const { environment, ledger } = story;
      const move = environment.moves[0]!;
      const ceph = await StoreClient.open(environment.targets[move.targetCluster]!, 'applications', {
        requestSeconds: 10,
      });
      const keys = ['events/expired', 'events/deleted', 'events/redriven'];
      for (const key of keys)
        await ceph.put(move.targetBucket, key, Buffer.from(key), { contentLength: key.length });

      const records = [
        event(story, keys[0]!, 'ObjectLifecycle:Expiration:Current', '0000000000000001'),
        event(story, keys[1]!, 'ObjectRemoved:Delete', '0000000000000002'),
        event(story, keys[1]!, 'ObjectRemoved:Delete', '0000000000000002'),
        event(story, keys[2]!, 'ObjectRemoved:DeleteMarkerCreated', '0000000000000003'),
      ];
      for (const record of [...records, records[1]]) {
        const answer = await fetch(receiverOf(environment), {
          method: 'POST',
          body: JSON.stringify({ Records: [record] }),
        });
        expect(answer.status).toBe(200);
      }
      await eventually(
        'replay has looked at all of it',
        async () => (await replayLag(ledger)).operations === 0,
      );
      for (const key of keys) {
        const got = await ceph.head(move.targetBucket, key);
        expect(got?.size).toBe(key.length);
        await ceph.delete(move.targetBucket, key);
      }
      await ceph.close();
    });

    it('loses no request when an OSD dies', async () => {
      const failedBefore = (await story.move.clients.fleetStatus())?.failed ?? -1;
      const [pid] = await supervised(story.move, 'images-osd-2');
      kill([pid ?? 0]);
      await eventually('the supervisor has brought it back', async () => {
        const [now] = await supervised(story.move, 'images-osd-2');
        return now !== undefined && now !== pid;
      });
      const before = (await story.move.clients.fleetStatus())?.mutations ?? 0;
      await eventually(
        'clients write',
        async () => ((await story.move.clients.fleetStatus())?.mutations ?? 0) > before + 40,
      );
      expect((await story.move.clients.fleetStatus())?.failed).toBe(failedBefore);
    });

    it('refuses to go back, because Ceph holds writes that S3 does not have', async () => {
      const { move, ledger, environment } = story;
      await move.engine.setConfig('storage:phase', 'copy');
      await expect(move.engine.up(() => undefined)).rejects.toThrow(
        /Ceph holds \d+ writes that S3 does not have/,
      );
      await move.engine.setConfig('storage:phase', 'cutover');
      expect(await standing(ledger, environment)).toMatchObject({ phase: 'cutover', parameter: 'ceph' });
    });

    destroyKeepsEverything(story, 'cutover');
  });
}
