/**
 * The options by which a command works on any two S3 endpoints, without a stack and its environment document.
 * Spread into the arguments of the commands that can.
 */

const option = (valueHint: string, description: string) =>
  ({ type: 'string', valueHint, description }) as const;

const ENDPOINT = 'its URL; default: endpoint_url of the profile, AWS_ENDPOINT_URL_S3, else Amazon S3';
const PROFILE = "whose keys sign, of AWS' shared files; default: what the SDK finds (variables, a role)";
const REGION = "default: the profile's, then AWS_REGION, then us-east-1; of Amazon S3 it must be known";
const ADDRESSING = 'path, or virtual: the bucket in the host name; default: virtual for Amazon S3, else path';

export const standaloneArguments = {
  source: option('s3://BUCKET[/FOLDER]', 'what is copied; with the target, instead of --environment'),
  'source-endpoint': option('URL', ENDPOINT),
  'source-profile': option('NAME', PROFILE),
  'source-region': option('REGION', REGION),
  'source-addressing': option('STYLE', ADDRESSING),
  target: option('s3://BUCKET[/FOLDER]', 'what is made equal to it'),
  'target-endpoint': option('URL', ENDPOINT),
  'target-profile': option('NAME', PROFILE),
  'target-region': option('REGION', REGION),
  'target-addressing': option('STYLE', ADDRESSING),
  ledger: option(
    'FOLDER|URL',
    'what remembers how far it is: a folder (one process at a time), or postgres://… (many); default: .migrate',
  ),
  acls: option(
    'copy|ignore',
    'ignore: copies have no grants to others than the owner, and none are compared; default: copy',
  ),
  timeout: option('SECONDS', 'the longest that a request may go without an answer; default: 30'),
} as const;

/** What these options were given. */
export type StandaloneOptions = { [name in keyof typeof standaloneArguments]?: string | undefined };

const NAMES = Object.keys(standaloneArguments) as (keyof StandaloneOptions)[];

/** The options of these that were given, for messages: `--source`, … */
export function givenOptions(options: StandaloneOptions): string[] {
  return NAMES.filter((name) => options[name] !== undefined).map((name) => `--${name}`);
}
