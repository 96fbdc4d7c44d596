import { NodeHttpHandler } from '@smithy/node-http-handler';
import { messageOf, UserError } from '../../contract/errors.ts';
import { ambientChain } from './ambient.ts';

const CONNECT_MILLISECONDS = 5000;

/**
 * What every client of AWS' own APIs is made with. Its endpoint is AWS' unless AWS_ENDPOINT_URL (or
 * AWS_ENDPOINT_URL_SSM and so on, the SDK's own variables) names another. Proxies that the process's
 * variables name are not used: these calls stay in the VPC, or go out straight.
 *
 * @param requestSeconds after which a request without an answer is given up; default 10
 */
export function awsClientOptions(region: string, options: { requestSeconds?: number } = {}) {
  return {
    region,
    credentials: ambientChain(),
    maxAttempts: 4,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_MILLISECONDS,
      requestTimeout: (options.requestSeconds ?? 10) * 1000,
      throwOnRequestTimeout: true,
    }),
  };
}

/** The region that the process runs in. Throws UserError where no variable says it. */
export function ambientRegion(): string {
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  if (region !== undefined && region !== '') return region;
  throw new UserError('Which region? Set AWS_REGION, for example us-east-1.');
}

/** What an AWS API refused or could not be asked, for people. Exit code 3. */
export function awsTrouble(what: string, error: unknown): UserError {
  const name = error instanceof Error ? error.name : '';
  const hint =
    name === 'AccessDeniedException' || name === 'AccessDenied'
      ? ': the role that this runs as may not; pulumi up grants it'
      : '';
  return new UserError(`${what}: ${messageOf(error)}${hint}`, { exitCode: 3, cause: error });
}
