import type { Origin } from './phases.ts';

/** Where Nginx gets an image, and since when. */
export type OriginSettings = {
  order: Origin;
  /** The move's epoch; answers of one epoch are never served in another. */
  epoch: bigint | string;
};

/** The two stores, as nginx.conf names them. */
const STORE: Record<Origin, 's3' | 'ceph'> = { s3: 's3', ceph: 'ceph', 'ceph-then-pending': 'ceph' };

/**
 * The file that turns Nginx's origin. nginx.conf includes it; Nginx takes it up on reload, without a
 * restart, and then says so at `/_origin` (`originAnswer`).
 */
export function originConf({ order, epoch }: OriginSettings): string {
  const constant = (name: string, value: string) => `map $server_port $${name} { default ${value}; }\n`;
  return (
    '# Written by the migration; Nginx reads it when it is reloaded.\n' +
    `# origin ${order} epoch ${epoch}\n` +
    constant('origin', STORE[order]) +
    constant('origin_order', order) +
    constant('origin_epoch', String(epoch)) +
    constant('fallback', order === 'ceph-then-pending' ? '1' : '0')
  );
}

/** What Nginx answers at `/_origin` once it serves by these settings. */
export function originAnswer({ order, epoch }: OriginSettings): string {
  return JSON.stringify({ origin: order, epoch: String(epoch) });
}

/** The settings that an origin file was written from. Throws TypeError where it is none of ours. */
export function parseOriginConf(text: string): { order: Origin; epoch: string } {
  const match = /^# origin (\S+) epoch (\d+)$/m.exec(text);
  const [, order = '', epoch = ''] = match ?? [];
  if (!Object.hasOwn(STORE, order)) throw new TypeError('this is no origin file of ours');
  return { order: order as Origin, epoch };
}
