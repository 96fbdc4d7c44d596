// `node .ci/total.mjs FILE…`: adds up what `--counts FILE` wrote. Plain JavaScript: it runs on any Node.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
for (const file of process.argv.slice(2)) {
  const { passed, failed, skipped, failures: named } = counted(file);
  failures.push(...named);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}
if (failures.length > 0) console.log(`What failed:\n  ${failures.join('\n  ')}`);
const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/**
 * A command that ended before it could count has failed.
 * @param {string} file
 * @returns {{ passed: number, failed: number, skipped: number, failures: string[] }}
 */
function counted(file) {
  try {
    return { skipped: 0, failures: [], ...JSON.parse(readFileSync(file, 'utf8')) };
  } catch {
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [`${path.basename(file)}: a command ended before it could count`],
    };
  }
}
