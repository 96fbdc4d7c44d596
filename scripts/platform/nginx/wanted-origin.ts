import { originAnswer, type OriginSettings } from '../../contract/nginx-origin.ts';
import { originOf, type Phase } from '../../contract/phases.ts';
import type { MoveState } from '../../ledger/move.ts';

type Committed = Pick<MoveState, 'phase' | 'entering' | 'epoch' | 'writesGoTo'>;

/**
 * The origin that the ledger has committed. A turn is true once it is committed there: who reads it early
 * and who reads it late come to the same, and a rollback that has not turned yet changes nothing.
 */
export function wantedOrigin(move: Committed): OriginSettings {
  return { order: originOf(stage(move)), epoch: move.epoch };
}

/**
 * Asks the ledger for the origin, and believes what is new only of one that is not behind the applications'
 * parameter: one that was restored from a backup of before they turned would have a new Nginx serve what
 * they have overwritten and deleted since. The parameter is asked only then: its place answers few at once.
 *
 * @param applications what the applications' parameter says; null where it was never written
 * @returns asks; throws Error where the ledger is behind, or one of the two cannot be read
 */
export function originReader(
  ledger: () => Promise<Committed>,
  applications: () => Promise<{ epoch: string } | null>,
): () => Promise<OriginSettings> {
  let believed: string | null = null;
  return async () => {
    const move = await ledger();
    const wanted = wantedOrigin(move);
    const answer = originAnswer(wanted);
    if (answer === believed) return wanted;
    const told = (await applications())?.epoch;
    if (told !== undefined && BigInt(told) > move.epoch) {
      throw new Error(
        `the ledger is in epoch ${move.epoch}, and the applications' parameter in ${told}: it was restored from a ` +
          'backup of before they turned (docs/proof.md, "A ledger from a backup")',
      );
    }
    believed = answer;
    return wanted;
  };
}

/** A phase in which Nginx has the origin that it must have now. */
function stage({ phase, entering, writesGoTo }: Pick<MoveState, 'phase' | 'entering' | 'writesGoTo'>): Phase {
  if (writesGoTo === 'source') return 'copy';
  const now = entering ?? phase;
  return now === 'retire' || now === 'done' ? now : 'cutover';
}
