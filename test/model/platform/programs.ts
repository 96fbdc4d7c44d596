import { thisProcess } from './simulation.ts';

/** In the place of `execa`: the one program that the code under search runs is Nginx' reload, which succeeds. */
export async function execa(): Promise<{ failed: false; all: string }> {
  const { simulation } = thisProcess();
  await simulation.hop(simulation.random.latency(50));
  return { failed: false, all: '' };
}
