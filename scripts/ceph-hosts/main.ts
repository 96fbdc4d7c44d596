import { text } from 'node:stream/consumers';
import { SSMClient } from '@aws-sdk/client-ssm';
import { awsClientOptions } from '../store/identity/aws-client.ts';
import { UserError } from '../contract/errors.ts';
import { applyCluster } from './apply.ts';
import { ecrAuthorization, fillCache } from './fill-cache.ts';
import { forgetCluster } from './forget.ts';
import { StepRequest } from './request.ts';

/**
 * `node scripts/ceph-hosts/main.ts apply | forget`, the request on standard input. Progress goes to standard
 * error; standard output says which cluster it was, which is the same after every run.
 */
try {
  const request = StepRequest.parse(JSON.parse(await text(process.stdin)));
  const client = new SSMClient(awsClientOptions(request.region));
  const [word] = process.argv.slice(2);
  if (word === 'apply') {
    await fillCache(request.images, request.architectures, {
      authorization: () => ecrAuthorization(request.region),
    });
    await applyCluster(request, client, (line) => console.error(line));
  } else if (word === 'forget') await forgetCluster(request, client);
  else throw new UserError(`There is no "${word ?? ''}"; there are: apply, forget.`);
  console.log(request.plan.cluster);
} catch (error) {
  console.error(error instanceof UserError ? error.message : error);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}
