import { serveRecording } from '../server.ts';
import { serveStandIn } from '../stand-in.ts';
import { AwsProvider } from './provider.ts';

await serveStandIn('aws 7.48.0', () => serveRecording(new AwsProvider()));
