import { main } from '@pulumi/pulumi/provider/index.js';
import { serveStandIn } from '../stand-in.ts';
import { provider } from './provider.ts';

await serveStandIn('command 1.2.1', (args) => main(provider, args));
