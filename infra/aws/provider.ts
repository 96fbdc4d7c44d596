import * as aws from '@pulumi/aws';
import type { AwsSettings } from '../settings/aws.ts';

/**
 * The one AWS provider of a stack: in the account that the settings name and no other, and with the tags by
 * which every resource is found and paid for.
 */
export function awsProvider(settings: AwsSettings & { region: string }): aws.Provider {
  return new aws.Provider('aws', {
    region: settings.region as aws.Region,
    allowedAccountIds: [settings.account],
    defaultTags: {
      tags: {
        system: 'storage',
        environment: settings.environment,
        owner: settings.owner,
        'cost-center': settings.costCenter,
        'managed-by': 'pulumi',
      },
    },
  });
}
