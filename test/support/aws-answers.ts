import type { StepAnswer, StepRequest } from '../../scripts/contract/step-protocol.ts';
import type { AwsAnswer } from './aws-endpoint.ts';

/** As the function answers when all is well: the phase is what the hook prints. */
export function succeed(request: StepRequest): StepAnswer {
  return { exitCode: 0, output: 'phase' in request ? request.phase : '', lines: [] };
}

/** The account's APIs when all is well: every host is there, commands on it end well at once. */
export function accountAnswers(): Record<string, AwsAnswer> {
  const commands: { CommandId: string; InstanceIds: string[] }[] = [];
  return {
    'ecr.GetAuthorizationToken': () => ({
      authorizationData: [{ authorizationToken: Buffer.from('AWS:example').toString('base64') }],
    }),
    'ssm.DescribeInstanceInformation': ({ Filters }) => {
      const [{ Values }] = Filters as [{ Values: string[] }];
      return {
        InstanceInformationList: Values.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })),
      };
    },
    'ssm.SendCommand': (input) => {
      const CommandId = `00000000-0000-4000-8000-${String(commands.length).padStart(12, '0')}`;
      commands.push({ CommandId, InstanceIds: input['InstanceIds'] as string[] });
      return { Command: { CommandId, Status: 'Pending' } };
    },
    'ssm.ListCommandInvocations': ({ CommandId }) => ({
      CommandInvocations: commands
        .filter((command) => command.CommandId === CommandId)
        .flatMap(({ InstanceIds }) => InstanceIds)
        .map((InstanceId) => ({ CommandId, InstanceId, Status: 'Success', CommandPlugins: [] })),
    }),
    'ssm.DeleteParameter': () => ({}),
  };
}
