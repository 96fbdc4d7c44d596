import path from 'node:path';

/** What the clients leave in their folder; the audit and the report read it. */
export function clientFiles(folder: string) {
  return {
    manifest: path.join(folder, 'manifest.jsonl'),
    fleetJournal: path.join(folder, 'fleet-journal.jsonl'),
    fleetFindings: path.join(folder, 'fleet-findings.jsonl'),
    fleetStatus: path.join(folder, 'fleet-status.json'),
    fleetSeries: path.join(folder, 'fleet-series.jsonl'),
    stragglerJournal: path.join(folder, 'straggler-journal.jsonl'),
    stragglerStatus: path.join(folder, 'straggler-status.json'),
    runEvents: path.join(folder, 'run-events.jsonl'),
  };
}
export type ClientFiles = ReturnType<typeof clientFiles>;
