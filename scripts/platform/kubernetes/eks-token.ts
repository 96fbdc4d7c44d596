import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { ambientChain } from '../../store/identity/ambient.ts';

/** The cluster's authenticator takes a request signed this long ago at most (15 minutes is its limit). */
const KEPT_MILLISECONDS = 8 * 60_000;
/** How long the signed request may be sent; the authenticator wants no more than 60 s to 15 min. */
const VALID_SECONDS = 60;

const kept = new Map<string, { token: string; until: number }>();

/**
 * A bearer token for the API of an EKS cluster: a signed request to STS ("who am I"), which the cluster
 * sends in our name, after aws-iam-authenticator's "API Authorization from Outside a Cluster". Made
 * without a call to AWS; kept for eight minutes.
 */
export async function eksToken({ name, region }: { name: string; region: string }): Promise<string> {
  const about = `${region} ${name}`;
  const standing = kept.get(about);
  if (standing !== undefined && standing.until > Date.now()) return standing.token;
  const signer = new SignatureV4({
    service: 'sts',
    region,
    credentials: ambientChain(),
    sha256: Sha256,
  });
  const hostname = `sts.${region}.amazonaws.com`;
  const { path, query } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, 'x-k8s-aws-id': name },
    },
    { expiresIn: VALID_SECONDS },
  );
  const search = new URLSearchParams(query as Record<string, string>);
  const url = `https://${hostname}${path}?${search.toString()}`;
  const token = `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
  kept.set(about, { token, until: Date.now() + KEPT_MILLISECONDS });
  return token;
}
