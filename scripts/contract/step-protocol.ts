import { z } from 'zod';
import { PHASES } from './phases.ts';

/** Which failed keys: `FailedRequest`. */
const chosen = {
  key: z.string().min(1).optional(),
  bucket: z.string().min(1).optional(),
  stage: z.enum(['sync', 'replay', 'promotion']).optional(),
};

/** What is asked of a step: here, or of the function in the VPC. */
export const StepRequestSchema = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('enter'), phase: z.enum(PHASES) }),
  z.strictObject({ action: z.literal('settle'), phase: z.enum(PHASES) }),
  z.strictObject({ action: z.literal('plan'), phase: z.enum(PHASES) }),
  z.strictObject({ action: z.literal('status'), json: z.boolean() }),
  z.strictObject({ action: z.literal('preflight'), json: z.boolean() }),
  z.strictObject({ action: z.literal('failed'), ...chosen, json: z.boolean() }),
  z.strictObject({ action: z.literal('retry'), ...chosen, json: z.boolean(), dryRun: z.boolean() }),
  z.strictObject({ action: z.literal('databases') }),
]);
export type StepRequest = z.infer<typeof StepRequestSchema>;

/** What the function answers: as if the command had run here. */
export const StepAnswerSchema = z.strictObject({
  exitCode: z.int(),
  /** For standard output. */
  output: z.string(),
  /** For standard error, in their order; the last says why where `exitCode` is not 0. */
  lines: z.array(z.string()),
});
export type StepAnswer = z.infer<typeof StepAnswerSchema>;

/** How a step talks while it works. */
export type StepVoice = {
  /** Says to the person at the terminal what goes on. */
  say: (line: string) => void;
  /** Seconds that the step may still take. Default: no limit. */
  remainingSeconds?: () => number;
};
