/** Files of this repository that are started or bundled by their path, from its root. */
export const ENTRIES = {
  /** The command line of the move. */
  migrate: 'scripts/migrate.ts',
  /** Carries a step out on Ceph's hosts. */
  cephHosts: 'scripts/ceph-hosts/main.ts',
  /** The Lambda function that takes S3's notifications. */
  captureFunction: 'scripts/move/capture/lambda.ts',
  /** The Lambda function that performs gates and settles inside the VPC. */
  stepsFunction: 'scripts/move/steps/function.ts',
  /** Brings one part of the local environment up. */
  localPart: 'scripts/local/parts/part.ts',
  /** Makes the local Nginx take up its configuration. */
  nginxReload: 'scripts/local/parts/nginx-reload-command.ts',
} as const;
