import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { messageOf, UserError } from '../../contract/errors.ts';
import { scan } from './checkov.ts';
import { readResources } from './resources.ts';
import { judge, readTriage } from './triage.ts';

/**
 * `npm run policy:scan -- FILE`: checkov on what `pulumi preview --json` or `pulumi stack export` printed into
 * the file; `-` for standard input. Ends with 1 where something is high and not justified.
 */
try {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    throw new UserError('Name the file: pulumi preview --json > plan.json; npm run policy:scan -- plan.json');
  }
  const resources = readResources(file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'));
  const { findings, passed } = await scan(resources, { log: (line) => console.error(line) });
  const { high, justified, lower } = judge(findings, await readTriage());
  for (const { check, wants, resource } of high) {
    console.log(`${check}  ${resource}\n    ${wants}`);
  }
  console.log(
    `${high.length} high, ${justified.length} justified, ${lower.length} lower, ${passed} passed (infra/policy/checkov.json)`,
  );
  process.exitCode = high.length === 0 ? 0 : 1;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = error instanceof UserError ? error.exitCode : 2;
}
