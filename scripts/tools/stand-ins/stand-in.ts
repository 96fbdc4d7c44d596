import pulumi from '@pulumi/pulumi';

/**
 * Runs a provider that stands in for a real one: refuses to touch what is real, says what it is, and ends
 * when the engine does.
 * @param name for example `command 1.2.1`
 * @param serve starts to answer the engine and prints the port, given the plugin's arguments
 */
export async function serveStandIn(name: string, serve: (args: string[]) => Promise<void>): Promise<void> {
  const refusal = refusesBackend(name, process.env['PULUMI_BACKEND_URL']);
  if (refusal !== null) {
    console.error(refusal);
    process.exitCode = 1;
    return;
  }
  const args = process.argv.slice(2);
  const engine = engineAddress(args);
  if (engine !== undefined) {
    pulumi.runtime.resetOptions('', '', -1, engine, '', false, '');
  }
  // The engine holds the other end: it closes when the engine ends, by whatever death. Commands that run
  // are left running then, as the real provider leaves them.
  process.stdin.once('end', () => process.exit(0)).resume();
  await serve(args);
  await pulumi.log.info(
    `The ${name} plugin cannot be downloaded here: a stand-in does its work (scripts/tools/stand-ins).`,
  );
}

/** Why a stand-in must not serve that backend, or null. */
export function refusesBackend(name: string, backend: string | undefined): string | null {
  if (backend?.startsWith('file://') === true) {
    return null;
  }
  const given =
    backend === undefined || backend === '' ? 'PULUMI_BACKEND_URL is not set' : `this is ${backend}`;
  return (
    `The stand-in for the ${name} plugin serves only stacks whose state is in files ` +
    `(PULUMI_BACKEND_URL=file://…); ${given}. Take the folder that holds it off PATH and let Pulumi download the real plugin.`
  );
}

/** The one argument that is no option. `--tracing` alone has a value of its own. */
function engineAddress(args: string[]): string | undefined {
  return args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--tracing');
}
