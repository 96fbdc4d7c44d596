import type * as pulumi from '@pulumi/pulumi';
import { Foundation } from '../foundation/index.ts';
import type { AwsSettings } from '../settings/aws.ts';
import { Storage } from '../storage/index.ts';
import { awsProvider } from './provider.ts';

/** The images of this repository, in the account's registry. */
const REPOSITORY = 'storage';

/**
 * The stacks `dev` and `prod`: the foundation of every system, and the storage system on it, with the phase
 * that the configuration asks for.
 */
export function awsStack(settings: AwsSettings & { region: string }): Record<string, pulumi.Input<unknown>> {
  const { environment, region, account } = settings;
  const protect = environment === 'prod';
  const providers = { aws: awsProvider(settings) };
  const foundation = new Foundation(
    environment,
    {
      environment,
      region,
      account,
      protect,
      logDays: settings.logDays,
      alarmEmails: settings.alarmEmails,
      network: settings.network,
      kubernetes: settings.kubernetes,
      database: settings.database,
      repositories: [REPOSITORY],
    },
    { providers },
  );
  const storage = new Storage('storage', { settings, protect, foundation }, { providers });
  return {
    phase: storage.phase,
    endpoints: storage.endpoints,
    stepsFunction: storage.stepsFunction,
    applicationsParameter: storage.applicationsParameter,
  };
}
