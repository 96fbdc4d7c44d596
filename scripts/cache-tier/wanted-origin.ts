import type { OriginSettings } from '../../infra/nginx/origin.ts';
import { originOf, type Phase } from '../../infra/phases/phase.ts';
import type { MoveState } from '../ledger/move.ts';

/**
 * The origin that the ledger has committed. A turn is true once it is committed there: who reads it early
 * and who reads it late come to the same, and a rollback that has not turned yet changes nothing.
 */
export function wantedOrigin(
  move: Pick<MoveState, 'phase' | 'entering' | 'epoch' | 'writesGoTo'>,
): OriginSettings {
  return { order: originOf(stage(move)), epoch: move.epoch };
}

/** A phase in which Nginx stands as it must stand now. */
function stage({ phase, entering, writesGoTo }: Pick<MoveState, 'phase' | 'entering' | 'writesGoTo'>): Phase {
  if (writesGoTo === 'source') return 'copy';
  const now = entering ?? phase;
  return now === 'retire' || now === 'done' ? now : 'cutover';
}
