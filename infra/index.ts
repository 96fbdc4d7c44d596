// First: it is about all that follows.
import './stack-traces.ts';
import { announcePlan } from './announce.ts';
import { awsStack } from './aws/stack.ts';
import { readSettings } from './config.ts';
import { localStack } from './local/stack.ts';

/**
 * The stack, in the order of its dependencies: configuration → environment → phases → outputs. The phase
 * that the configuration asks for is only asked for; the stack's output `phase` is what the ledger let
 * it into.
 */
export default async function stack() {
  const settings = readSettings();
  await announcePlan(settings.phase);
  switch (settings.environment) {
    case 'local':
      return localStack(settings);
    case 'dev':
    case 'prod':
      return awsStack(settings);
  }
}
