import { claimHome, homeAt, isOurs } from './home.ts';
import { withLock } from './lock.ts';
import type { SupervisorSpec } from './specs.ts';
import { ensureSupervisor } from './supervisor.ts';

export async function supervisorUp(spec: SupervisorSpec): Promise<{ config: string }> {
  const home = await claimHome(spec.home);
  await ensureSupervisor(home);
  return { config: home.supervisorConfig };
}
