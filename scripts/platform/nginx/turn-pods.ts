import { Agent, request } from 'undici';
import { originAnswer, type OriginSettings } from '../../contract/nginx-origin.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import type { KubernetesApi } from '../kubernetes/kubernetes-api.ts';
import { readyPods, type ReadyPod } from '../kubernetes/pods.ts';
import { Deadline, Overrun, until } from '../../contract/wait.ts';

/** Each pod looks at the ledger twice a second and reloads in less than one; a full node takes longer. */
const LIMIT_SECONDS = 15;
const ANSWER_MILLISECONDS = 2000;
const LOOK_EVERY_MILLISECONDS = 200;

type Place = { namespace: string; selector: string; port: number };

/**
 * Waits until a fleet of Nginx serves by an origin. Nobody tells the pods: each follows the ledger, where
 * the turn is committed before this is called, and says at `/_origin` by which origin it serves. A pod that
 * becomes ready later starts from the ledger, so only those that are ready now can be behind.
 *
 * Throws UserError (exit 3) that names the pods which do not follow, or where there is none at all.
 */
export async function turnPods(
  api: Pick<KubernetesApi, 'get'>,
  place: Place,
  settings: OriginSettings,
  limitSeconds = LIMIT_SECONDS,
): Promise<void> {
  // An agent of its own: the process's proxy settings are not for pods.
  const dispatcher = new Agent({ connect: { timeout: ANSWER_MILLISECONDS } });
  try {
    await until('the cache tier', new Deadline(limitSeconds), () => follow(), LOOK_EVERY_MILLISECONDS);
  } catch (error) {
    if (!(error instanceof Overrun)) throw error;
    throw new UserError(
      `The cache tier did not take up its new origin (${settings.order}, epoch ${settings.epoch}): ${error.message}. ` +
        `Look at the pods: kubectl -n ${place.namespace} get pods -l ${place.selector}; one that hangs may be deleted.`,
      { exitCode: 3, cause: error },
    );
  } finally {
    await dispatcher.destroy();
  }

  async function follow(): Promise<true | string> {
    const pods = await readyPods(api, place);
    if (pods.length === 0) return 'no pod is ready';
    const behind = (await Promise.all(pods.map(lag))).filter((line) => line !== null);
    return behind.length === 0 || behind.slice(0, 3).join('; ');
  }

  /** Null where the pod serves by the origin. */
  async function lag({ name, address }: ReadyPod): Promise<string | null> {
    const host = address.includes(':') ? `[${address}]` : address;
    try {
      const answer = await request(`http://${host}:${place.port}/_origin`, {
        dispatcher,
        signal: AbortSignal.timeout(ANSWER_MILLISECONDS),
      });
      const text = (await answer.body.text()).trim();
      return text === originAnswer(settings) ? null : `${name} says ${text.slice(0, 100)}`;
    } catch (error) {
      return `${name} at ${address} does not answer: ${messageOf(error)}`;
    }
  }
}
