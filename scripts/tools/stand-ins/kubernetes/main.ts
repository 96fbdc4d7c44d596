import { serveRecording } from '../server.ts';
import { serveStandIn } from '../stand-in.ts';
import { KubernetesProvider } from './provider.ts';

await serveStandIn('kubernetes 4.34.2', () => serveRecording(new KubernetesProvider()));
