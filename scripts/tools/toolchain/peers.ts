import { ensureGoProgram } from './go-tool.ts';

const BY_HAND = 'Only the benchmarks need it, to be compared with.';

/** rclone, of the version that the benchmarks name. Throws a UserError that says what is missing. */
export function ensureRclone(options: { log: (line: string) => void }): Promise<string> {
  return ensureGoProgram(
    {
      module: 'rclone',
      main: 'github.com/rclone/rclone',
      version: '1.75.1',
      versionVariables: ['github.com/rclone/rclone/fs.Version'],
      wantedGo: '1.26.0',
      byHand: BY_HAND,
    },
    options,
  );
}

/** s5cmd, as `ensureRclone`. */
export function ensureS5cmd(options: { log: (line: string) => void }): Promise<string> {
  return ensureGoProgram(
    {
      module: 's5cmd',
      main: 'github.com/peak/s5cmd/v2',
      version: '2.3.0',
      versionVariables: ['github.com/peak/s5cmd/v2/version.Version'],
      wantedGo: '1.20',
      byHand: BY_HAND,
    },
    options,
  );
}
