import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { parseEndpoint, parseLedger, parseLocation } from './standalone/location.ts';

const ENDPOINT = 'its URL; default: endpoint_url of the profile, AWS_ENDPOINT_URL_S3, else Amazon S3';
const PROFILE = "whose keys sign, of AWS' shared files; default: what the SDK finds (variables, a role)";
const REGION = "default: the profile's, then AWS_REGION, then us-east-1; of Amazon S3 it must be known";
const ADDRESSING = 'virtual: the bucket in the host name; default: virtual for Amazon S3, else path';
const ADDRESSINGS = ['path', 'virtual'] as const;

/** For a command that works on a stack's environment alone. */
export const withEnvironment = (command: Command) =>
  command.option(
    '--environment <FILE>',
    'the environment document that the stack wrote; default: the variable MIGRATE_ENVIRONMENT',
  );

/** For a command that works on a stack's environment and on any two S3 endpoints. */
export const withStores = (command: Command) =>
  withEnvironment(command.optionsGroup('Stores and ledger:'))
    .option(
      '--source <s3://BUCKET>',
      'what is copied: a bucket, or a folder of it (s3://BUCKET/FOLDER); with the target, instead of --environment',
      parseLocation,
    )
    .option('--source-endpoint <URL>', ENDPOINT, parseEndpoint)
    .option('--source-profile <NAME>', PROFILE)
    .option('--source-region <REGION>', REGION)
    .addOption(new Option('--source-addressing <STYLE>', ADDRESSING).choices(ADDRESSINGS))
    .option('--target <s3://BUCKET>', 'what is made equal to it: a bucket, or a folder of it', parseLocation)
    .option('--target-endpoint <URL>', ENDPOINT, parseEndpoint)
    .option('--target-profile <NAME>', PROFILE)
    .option('--target-region <REGION>', REGION)
    .addOption(new Option('--target-addressing <STYLE>', ADDRESSING).choices(ADDRESSINGS))
    .option(
      '--ledger <FOLDER|URL>',
      'what remembers how far it is: a folder (one process at a time), or postgres://… (many); default: .migrate',
      parseLedger,
    )
    .addOption(
      new Option(
        '--acls <HOW>',
        'ignore: copies have no grants to others than the owner, and none are compared; default: copy',
      ).choices(['copy', 'ignore'] as const),
    )
    .option(
      '--timeout <SECONDS>',
      'the longest that a request may go without an answer; default: 30',
      seconds({ above: 0, to: 3600 }),
    )
    .optionsGroup('Options:');

/** What `withStores` reads of a command line. */
export type StoresOptions = ReturnType<ReturnType<typeof withStores>['opts']>;

const NAMING = withStores(new Command()).options.filter(({ long }) => long !== '--environment');

/** The options that were given and name two endpoints, not a stack: `--source`, … */
export function namedStores(options: StoresOptions): string[] {
  const given = NAMING.filter(
    (option) => options[option.attributeName() as keyof StoresOptions] !== undefined,
  );
  return given.map(({ long }) => long ?? '');
}

/** Whether the command works on two endpoints that were named, and not on a stack's environment. */
export function isStandalone(options: StoresOptions): boolean {
  return namedStores(options).length > 0;
}

/** A whole number that an option is given as. */
export function wholeNumber(range: { from: number; to: number }): (text: string) => number {
  return (text) => {
    const number = numberOf(text);
    if (Number.isInteger(number) && number >= range.from && number <= range.to) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${range.from} to ${range.to}.`);
  };
}

/** A time that an option is given as, in seconds. */
export function seconds(
  range: { from: number; to: number } | { above: number; to: number },
): (text: string) => number {
  return (text) => {
    const number = numberOf(text);
    const isEnough = 'from' in range ? number >= range.from : number > range.above;
    if (isEnough && number <= range.to) return number;
    const least = 'from' in range ? `from ${range.from} to` : `above ${range.above} and up to`;
    throw new InvalidArgumentError(`It must be a number of seconds ${least} ${range.to}.`);
  };
}

function numberOf(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
