import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { awsClientOptions, awsTrouble } from '../store/identity/aws-client.ts';
import { UserError } from '../contract/errors.ts';

/**
 * Fills the account's cache of public images. A cache reaches the public registry only when it is asked from
 * where the internet is reached; the nodes of a cluster are not:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

type Manifest = {
  manifests?: { digest: string; platform?: { architecture?: string } }[];
  config?: { digest: string };
  layers?: { digest: string }[];
};

/**
 * Asks for every part of the images once, as a pull does, without taking the bytes.
 *
 * @param images as the cache serves them: `HOST/REPOSITORY:TAG` or `HOST/REPOSITORY@DIGEST`
 * @param architectures as registries call them, for example `amd64`
 * @throws UserError (exit 3) where the cache or the public registry refuses
 */
export async function fillCache(
  images: readonly string[],
  architectures: readonly string[],
  registry: { authorization: () => Promise<string>; protocol?: 'https' | 'http' },
): Promise<void> {
  const authorization = await registry.authorization();
  const ask = async (image: string, method: string, url: string): Promise<Response> => {
    const answer = await fetch(`${registry.protocol ?? 'https'}://${url}`, {
      method,
      headers: { authorization, accept: MANIFESTS },
      // The bytes lie elsewhere; that they are there is all that is asked.
      redirect: 'manual',
    });
    if (answer.status < 400) return answer;
    const said = await answer.text();
    throw new UserError(`${image} does not come into the account's cache: ${answer.status} ${said}`, {
      exitCode: 3,
    });
  };
  for (const image of images) {
    const { host, repository, reference } = parts(image);
    const base = `${host}/v2/${repository}`;
    const manifest = async (digest: string) =>
      (await ask(image, 'GET', `${base}/manifests/${digest}`)).json() as Promise<Manifest>;
    const top = await manifest(reference);
    const wanted = (top.manifests ?? []).filter(({ platform }) =>
      architectures.includes(platform?.architecture ?? ''),
    );
    for (const each of [top, ...(await Promise.all(wanted.map(({ digest }) => manifest(digest))))]) {
      const blobs = [...(each.config === undefined ? [] : [each.config]), ...(each.layers ?? [])];
      for (const { digest } of blobs) await ask(image, 'HEAD', `${base}/blobs/${digest}`);
    }
  }
}

/** What ECR takes for its own, for half a day. */
export async function ecrAuthorization(region: string): Promise<string> {
  const client = new ECRClient(awsClientOptions(region));
  try {
    const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({}));
    return `Basic ${authorizationData[0]?.authorizationToken ?? ''}`;
  } catch (error) {
    throw awsTrouble('ECR gives no token', error);
  } finally {
    client.destroy();
  }
}

function parts(image: string): { host: string; repository: string; reference: string } {
  const match = /^([^/]+)\/([^@]+?)(?:@(sha256:[0-9a-f]+)|:([\w.-]+))$/.exec(image);
  const [, host, repository, digest, tag] = match ?? [];
  if (host === undefined || repository === undefined) {
    throw new UserError(`"${image}" is no image with a tag or a digest`);
  }
  return { host, repository, reference: digest ?? tag ?? '' };
}
