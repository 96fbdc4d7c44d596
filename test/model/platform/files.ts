import { thisProcess } from './simulation.ts';
import { worldOf } from './world-of.ts';

/** In the place of `node:fs/promises` for the code that runs in the model: the world's few files, in memory. */

/** The applications' parameter. */
export const PARAMETER_FILE = '/parameter.json';

type Handle = {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
};

export async function readFile(path: string): Promise<string> {
  await hop();
  const text = worldOf(thisProcess()).files.get(path);
  if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  return text;
}

export async function writeFile(path: string, text: string): Promise<void> {
  await hop();
  set(path, text);
}

export async function rename(from: string, to: string): Promise<void> {
  await hop();
  const { files } = worldOf(thisProcess());
  const text = files.get(from);
  if (text === undefined) throw Object.assign(new Error(`no such file: ${from}`), { code: 'ENOENT' });
  files.delete(from);
  set(to, text);
}

function set(path: string, text: string): void {
  const process = thisProcess();
  const { files, parameters, cues } = worldOf(process);
  files.set(path, text);
  if (path !== PARAMETER_FILE) return;
  parameters.push({ at: process.simulation.now, text });
  cues.note('the parameter');
}

export function open(path: string): Promise<Handle> {
  return Promise.resolve({
    writeFile: (text: string) => writeFile(path, text),
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  });
}

function hop(): Promise<void> {
  const { simulation } = thisProcess();
  return simulation.hop(simulation.random.latency(20));
}
