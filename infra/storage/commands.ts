import { ENTRIES } from '../../scripts/contract/entries.ts';

/**
 * How our commands are started, from the folder of the program (`infra/`: `main` in Pulumi.yaml). The engine
 * starts its plugins there (pulumi/pulumi `pkg/engine/project.go`, GetPwdMain), and the command provider,
 * without `dir`, its commands (pulumi/pulumi-command `provider/pkg/provider/local/commandOutputs.go`).
 *
 * An absolute path, or `dir`, is another one on every machine: each preview would show a change and each
 * update run the command again.
 */
export const MIGRATE = `node ../${ENTRIES.migrate}`;
export const CEPH_HOSTS = `node ../${ENTRIES.cephHosts}`;
