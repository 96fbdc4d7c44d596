import path from 'node:path';

export type Home = {
  readonly folder: string;
  readonly run: string;
  readonly log: string;
  readonly data: string;
  readonly credentials: string;
  readonly supervisorConfig: string;
  readonly supervisorPrograms: string;
  readonly environmentFile: string;
};

/** Where everything of a local environment lies. */
export function homeAt(folder: string): Home {
  return {
    folder,
    run: path.join(folder, 'run'),
    log: path.join(folder, 'log'),
    data: path.join(folder, 'data'),
    credentials: path.join(folder, 'credentials'),
    supervisorConfig: path.join(folder, 'supervisord.conf'),
    supervisorPrograms: path.join(folder, 'supervisor.d'),
    environmentFile: path.join(folder, 'environment.json'),
  };
}

/** The file of a store's access keys, user by user; mode 0600. */
export function credentialsFileOf(home: Pick<Home, 'credentials'>, store: string): string {
  return path.join(home.credentials, `${store}.json`);
}
