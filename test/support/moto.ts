import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { request } from 'undici';
import type { Environment, StoreEndpoint } from '../../scripts/contract/environment.ts';
import { StoreClient } from '../../scripts/store/client.ts';
import { BucketControl, type ControlOptions } from '../../scripts/store/control.ts';
import { ensurePythonTool } from '../../scripts/tools/toolchain/python.ts';
import { asAmazon, type Ask } from './as-amazon.ts';

/** A server that speaks the APIs of AWS that the scripts call. It believes every signature. */
export type Moto = {
  endpoint: string;
  region: string;
  account: string;
  /** Amazon S3, as an environment names it; every user has the same keys. */
  source: StoreEndpoint;
  sqs: SQSClient;
  ssm: SSMClient;
  client(): Promise<StoreClient>;
  control(options?: ControlOptions): Promise<BucketControl>;
  /** Calls an API that speaks JSON: `events`, `AWSEvents.PutRule`. */
  call(service: string, target: string, body: object): Promise<void>;
  /** Are told of every request before it is answered. */
  listeners: Set<(ask: Ask) => void>;
  /** Variables by which a process of ours finds this server in place of AWS. */
  variables: Record<string, string>;
  stop(): Promise<void>;
};

const KEYS = { accessKeyId: 'moto', secretAccessKey: 'moto' };
const REGION = 'us-east-1';
const USERS = ['applications', 'migration'];

export async function startMoto(): Promise<Moto> {
  const binDir = await ensurePythonTool('moto', { log: (line) => console.log(line) });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-moto-'));
  const server = spawn(path.join(binDir, 'moto_server'), ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(server, 'close');
  const amazon = await asAmazon(await addressOf(server));
  const { endpoint } = amazon;
  const file = path.join(folder, 'credentials.json');
  await writeFile(file, JSON.stringify(Object.fromEntries(USERS.map((user) => [user, KEYS]))));
  const source: StoreEndpoint = {
    kind: 'aws',
    endpoint,
    region: REGION,
    addressing: 'path',
    credentials: { kind: 'file', file },
  };
  const options = { endpoint, region: REGION, credentials: KEYS };
  const sqs = new SQSClient(options);
  const ssm = new SSMClient(options);
  const closing: (() => void | Promise<void>)[] = [() => sqs.destroy(), () => ssm.destroy()];
  return {
    endpoint,
    region: REGION,
    account: '123456789012',
    listeners: amazon.listeners,
    source,
    sqs,
    ssm,
    async client() {
      const client = await StoreClient.open(source, 'applications', { requestSeconds: 10 });
      closing.push(() => client.close());
      return client;
    },
    async control(controlOptions) {
      const control = await BucketControl.open(source, 'applications', controlOptions);
      closing.push(() => control.close());
      return control;
    },
    async call(service, target, body) {
      const answer = await request(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': target,
          // By the scope of the signature the server knows which API is meant.
          authorization: `AWS4-HMAC-SHA256 Credential=moto/20260101/${REGION}/${service}/aws4_request`,
        },
        body: JSON.stringify(body),
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${target} was answered ${answer.statusCode}: ${text}`);
    },
    variables: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    async stop() {
      for (const close of closing) await close();
      await amazon.stop();
      server.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** The server says where it listens. What it says is read to its end: a full pipe would stop it. */
function addressOf(server: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-10_000);
    const address = /Running on (http:\/\/\S+)/.exec(said)?.[1];
    if (address !== undefined) resolve(address);
  });
  server.once('error', reject);
  server.once('close', () => reject(new Error(`moto did not start:\n${said}`)));
  return promise;
}

/** An environment whose source is this server and whose changes come by this queue. */
export function awsEnvironment(
  base: Environment,
  moto: Moto,
  { queueUrl, queueArn }: { queueUrl: string; queueArn: string },
): Environment {
  const capture = { kind: 'sqs' as const, queueUrl, queueArn, region: moto.region };
  return { ...base, source: moto.source, capture };
}
