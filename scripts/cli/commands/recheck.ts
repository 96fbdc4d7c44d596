import { environmentOf } from '../command-line.ts';
import { UserError } from '../../contract/errors.ts';
import { isStandalone, type StoresOptions } from '../options.ts';
import { readSide } from '../standalone/endpoint.ts';
import { StoreClient } from '../../store/client.ts';
import { readCertificate, type CertificateFile } from '../../move/verify/certificate-file.ts';
import {
  checkableSides,
  describeRechecked,
  recheck,
  type Rechecked,
  type RecheckedSide,
} from '../../move/verify/recheck.ts';
import { CONCURRENCY, moveOf } from '../../move/common/pair.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';
import { MIGRATION, VERIFY } from '../../contract/names.ts';

type RecheckOptions = StoresOptions & { certificate: string; json: boolean };

const SECONDS = 30;

/**
 * `verify --certificate FILE`: holds the stores against a certificate that somebody took earlier. Needs no
 * ledger. Where no store is named, those of the certificate are read; where one is, that one alone.
 */
export async function runRecheck(args: RecheckOptions): Promise<void> {
  const file = await readCertificate(args.certificate);
  const checked: Rechecked[] = [];
  for (const side of sidesOf(args, file)) {
    const { client, bucket } = await openSide(args, file, side);
    try {
      checked.push(
        await orUnreachable('the certificate was not checked', () => recheck(file, side, client, bucket)),
      );
    } finally {
      await client.close();
    }
  }
  const { findings } = file.certificate;
  const exitCode = findings === 0 && checked.every(({ matches }) => matches) ? 0 : 1;
  const summary = { type: 'summary', exitCode, findings, sides: checked };
  process.stdout.write(`${args.json ? JSON.stringify(summary) : describeRechecked(file, checked)}\n`);
  process.exitCode = exitCode;
}

function sidesOf(args: RecheckOptions, file: CertificateFile): RecheckedSide[] {
  const can = checkableSides(file);
  const named = (['source', 'target'] as const).filter((side) => args[side] !== undefined);
  const refused = named.find((side) => !can.includes(side));
  if (refused !== undefined) {
    throw new UserError(
      `A ${file.certificate.kind} certificate says nothing of all that the ${refused} holds: give --source alone`,
    );
  }
  return named.length > 0 ? named : can;
}

async function openSide(
  args: RecheckOptions,
  { certificate, stores }: CertificateFile,
  side: RecheckedSide,
): Promise<{ client: StoreClient; bucket: string }> {
  const user = side === 'source' ? MIGRATION : VERIFY;
  const options = { requestSeconds: SECONDS, connections: CONCURRENCY };
  if (!isStandalone(args) && (args.environment ?? process.env['MIGRATE_ENVIRONMENT'] ?? '') !== '') {
    const environment = await environmentOf(args);
    const move = moveOf(environment, certificate.move);
    const endpoint = side === 'source' ? environment.source : environment.targets[move.targetCluster];
    if (endpoint === undefined) throw new TypeError(`no target ${move.targetCluster}`);
    const bucket = side === 'source' ? move.sourceBucket : move.targetBucket;
    return { client: await StoreClient.open(endpoint, user, options), bucket };
  }
  const then = stores[side];
  const { location, endpoint } = await readSide(
    {
      ...args,
      [side]: args[side] ?? { bucket: then.bucket, prefix: then.prefix },
      [`${side}Endpoint`]: args[`${side}Endpoint`] ?? new URL(then.endpoint),
      [`${side}Region`]: args[`${side}Region`] ?? then.region,
      [`${side}Addressing`]: args[`${side}Addressing`] ?? then.addressing,
    },
    side,
  );
  return { client: await StoreClient.open(endpoint, user, options), bucket: location.bucket };
}
