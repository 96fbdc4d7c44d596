import { DeleteParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import { awsTrouble } from '../store/identity/aws-client.ts';
import type { StepRequest } from './request.ts';

/**
 * Forgets which cluster was founded, so that the nodes that come next may found another. Only where all of
 * its nodes go with it; the stack asks for it in dev alone.
 */
export async function forgetCluster(request: StepRequest, client: SSMClient): Promise<void> {
  for (const name of ['fsid', 'ssh-public-key']) {
    const Name = `${request.plan.aws.parameters}/${name}`;
    try {
      await client.send(new DeleteParameterCommand({ Name }));
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) {
        throw awsTrouble(`The parameter ${Name} cannot be removed`, error);
      }
    }
  }
}
