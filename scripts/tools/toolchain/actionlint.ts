import { ensureGoProgram } from './go-tool.ts';

/** The file of actionlint, which checks .github/workflows. Throws a UserError that says what is missing. */
export function ensureActionlint(options: { log: (line: string) => void }): Promise<string> {
  return ensureGoProgram(
    {
      module: 'actionlint',
      main: 'github.com/rhysd/actionlint/cmd/actionlint',
      version: '1.7.12',
      versionVariables: ['github.com/rhysd/actionlint.version'],
      wantedGo: '1.25.11',
      byHand: 'It checks .github/workflows; nothing else needs it.',
    },
    options,
  );
}
