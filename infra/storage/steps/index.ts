export { MoveSteps, stepsFunctionName, type MoveStepsArgs } from './move-steps.ts';
