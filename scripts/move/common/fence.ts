import type { Environment, StoreEndpoint } from '../../contract/environment.ts';
import { readCredentials } from '../../store/identity/credentials.ts';
import { RgwAdmin } from '../../store/admin.ts';
import { StoreClient } from '../../store/client.ts';
import { StoreError } from '../../store/errors.ts';
import type { Deadline } from '../../contract/wait.ts';
import { until } from '../../contract/wait.ts';
import { QUARANTINE_BUCKET } from '../../contract/names.ts';

/**
 * The fence: a worker that outlived its lease, or that was stopped in the middle and wakes up after the
 * turn, can write nothing, because the Ceph user it writes as is suspended.
 */

/** Suspends users on every target and proves it: a request of theirs must be refused. */
export async function suspendUsers(
  environment: Environment,
  users: readonly string[],
  deadline: Deadline,
): Promise<void> {
  await asAdmin(environment, async (admin, endpoint, name) => {
    await Promise.all(
      users.map(async (user) => {
        await admin.suspendUser(user);
        await until(`${user} is refused on ${name}`, deadline, () => isRefused(environment, endpoint, user));
      }),
    );
  });
}

/** Lets users write again, on every target. */
export async function enableUsers(environment: Environment, users: readonly string[]): Promise<void> {
  await asAdmin(environment, async (admin) => {
    await Promise.all(users.map((user) => admin.enableUser(user)));
  });
}

/** A load balancer spreads new connections over the gateways, each of which must have heard of it. */
const PROBES = 6;

async function isRefused(
  environment: Environment,
  endpoint: StoreEndpoint,
  user: string,
): Promise<true | string> {
  const answers = await Promise.all(
    Array.from({ length: PROBES }, () => isRefusedOnce(environment, endpoint, user)),
  );
  return answers.find((answer) => answer !== true) ?? true;
}

async function isRefusedOnce(
  environment: Environment,
  endpoint: StoreEndpoint,
  user: string,
): Promise<true | string> {
  await readCredentials(endpoint, user);
  const client = await StoreClient.open(endpoint, user, {
    requestSeconds: environment.bounds.holdRequestSeconds,
    connections: 1,
  });
  try {
    await client.bucketExists(QUARANTINE_BUCKET);
    return 'it still answers';
  } catch (error) {
    if (error instanceof StoreError && error.status === 403) return true;
    return String(error);
  } finally {
    await client.close();
  }
}

/** Works on every target at once. Its requests have `requestSeconds`, so that an undo knows how long to wait for them. */
async function asAdmin(
  { targets, bounds: { requestSeconds } }: Environment,
  work: (admin: RgwAdmin, endpoint: StoreEndpoint, name: string) => Promise<void>,
): Promise<void> {
  await Promise.all(
    Object.entries(targets).map(async ([name, endpoint]) => {
      const admin = await RgwAdmin.open(endpoint, undefined, { requestSeconds });
      try {
        await work(admin, endpoint, name);
      } finally {
        await admin.close();
      }
    }),
  );
}
