import { thisProcess } from './simulation.ts';
import { worldOf } from './world-of.ts';

/** In the place of `node:fs/promises` and `write-file-atomic` for the code that runs in the model: the world's few files, in memory. */

/** The applications' parameter. */
export const PARAMETER_FILE = '/parameter.json';

export async function readFile(path: string): Promise<string> {
  await hop();
  const text = worldOf(thisProcess()).files.get(path);
  if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  return text;
}

export default async function writeWhole(path: string, text: string): Promise<void> {
  await hop();
  set(path, text);
}

function set(path: string, text: string): void {
  const process = thisProcess();
  const { files, parameters, cues } = worldOf(process);
  files.set(path, text);
  if (path !== PARAMETER_FILE) return;
  parameters.push({ at: process.simulation.now, text });
  cues.note('the parameter');
}

function hop(): Promise<void> {
  const { simulation } = thisProcess();
  return simulation.hop(simulation.random.latency(20));
}

/** No run has so many findings that they are written to a file of their own. */
export function open(path: string): Promise<never> {
  return Promise.reject(new Error(`no file is opened in the model: ${path}`));
}
