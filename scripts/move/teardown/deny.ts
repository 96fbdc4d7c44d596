import type { Environment, Move } from '../../contract/environment.ts';
import { RESERVED_PREFIX, DENY_SID, MIGRATION, APPLICATIONS } from '../../contract/names.ts';
import { UserError } from '../../contract/errors.ts';
import { Deadline, until } from '../../contract/wait.ts';
import { withControl } from '../common/source-control.ts';
import { bucketArn } from '../../store/bucket-name.ts';
import { StoreClient } from '../../store/client.ts';
import type { PolicyStatement } from '../../store/control.ts';
import { StoreError } from '../../store/errors.ts';

/** Whose writes are tried: the buckets' owner and our own user. Both must be refused. */
const PROBES = [APPLICATIONS, MIGRATION] as const;
const PROBE_KEY = `${RESERVED_PREFIX}write-probe`;

/**
 * Refuses everybody, the owner and ourselves too, whatever changes an object: writes, deletes, multipart
 * uploads with their parts and their completion, tags, ACLs. Reading, listing and the bucket's own
 * documents stay open, so that the statement can be taken back. The bucket itself is among the resources
 * because RGW 16.2.15 checks DeleteObjects against it.
 */
export function denyStatement(bucket: string, kind: Environment['source']['kind']): PolicyStatement {
  return {
    Sid: DENY_SID,
    Effect: 'Deny',
    Principal: '*',
    Action: [
      's3:PutObject',
      's3:PutObjectAcl',
      's3:PutObjectVersionAcl',
      's3:PutObjectTagging',
      's3:PutObjectVersionTagging',
      's3:PutObjectRetention',
      's3:PutObjectLegalHold',
      's3:DeleteObject',
      's3:DeleteObjectVersion',
      's3:DeleteObjectTagging',
      's3:DeleteObjectVersionTagging',
      's3:AbortMultipartUpload',
      's3:RestoreObject',
      // RGW 16.2.15 refuses a policy with an action that it does not know.
      ...(kind === 'aws' ? ['s3:ReplicateObject', 's3:ReplicateDelete'] : []),
    ],
    Resource: [bucketArn(bucket), `${bucketArn(bucket)}/*`],
  };
}

/** Denies writes to every source bucket, the customer's own policy kept, and proves that one is refused. */
export async function denyWrites(environment: Environment): Promise<void> {
  await withControl(environment, async (control) => {
    for (const move of environment.moves) {
      await control.mergePolicy(move.sourceBucket, [
        denyStatement(move.sourceBucket, environment.source.kind),
      ]);
    }
  });
  await assertWritesRefused(environment);
}

/** Whether our statement is in every source bucket's policy. */
export async function deniesWrites(environment: Environment): Promise<boolean> {
  return withControl(environment, async (control) => {
    const policies = await Promise.all(environment.moves.map((move) => control.policy(move.sourceBucket)));
    return policies.every(
      (policy) => policy?.Statement.some((statement) => statement.Sid === DENY_SID) ?? false,
    );
  });
}

/** Takes our statement out of every source bucket's policy; the rest of the policy stays. */
export async function allowWrites(environment: Environment): Promise<void> {
  await withControl(environment, async (control) => {
    for (const move of environment.moves) await control.removePolicy(move.sourceBucket, [DENY_SID]);
  });
}

/**
 * Tries a write and a delete as the owner and as ourselves until both are refused (a policy takes
 * seconds to be everywhere on AWS). Throws a UserError where they still pass at the deadline.
 */
export async function assertWritesRefused(environment: Environment): Promise<void> {
  const deadline = new Deadline(environment.bounds.requestSeconds);
  for (const user of PROBES) {
    const client = await StoreClient.open(environment.source, user, {
      requestSeconds: environment.bounds.requestSeconds,
      connections: 2,
    });
    try {
      for (const move of environment.moves) {
        await until(`${user} is refused on ${move.sourceBucket}`, deadline, () => probe(client, move), 250);
      }
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new UserError(
        `Writes to S3 are denied by the policy, and yet one passed: ${(error as Error).message}. ` +
          'Is the user exempt from policies (a system user of RGW)?',
        { exitCode: 1, cause: error },
      );
    } finally {
      await client.close();
    }
  }
}

async function probe(client: StoreClient, { sourceBucket }: Move): Promise<true | string> {
  if (await passes(() => client.put(sourceBucket, PROBE_KEY, Buffer.alloc(0)))) {
    await passes(() => client.delete(sourceBucket, PROBE_KEY));
    return 'a write passes';
  }
  return (await passes(() => client.delete(sourceBucket, PROBE_KEY))) ? 'a delete passes' : true;
}

async function passes(request: () => Promise<unknown>): Promise<boolean> {
  try {
    await request();
    return true;
  } catch (error) {
    if (error instanceof StoreError && error.status === 403) return false;
    throw error;
  }
}
