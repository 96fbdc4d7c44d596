/** Debian packages that the local environment runs on, and what each is for. */
export const localPackages: readonly { package: string; why: string }[] = [
  { package: 'ceph-mon', why: 'the monitors of the three Ceph clusters' },
  { package: 'ceph-mgr', why: 'the managers of the three Ceph clusters' },
  { package: 'ceph-osd', why: 'the object storage daemons' },
  { package: 'radosgw', why: 'the S3 endpoints: the source and the targets' },
  { package: 'ceph-common', why: 'the ceph and radosgw-admin commands' },
  { package: 'ceph-base', why: 'monmaptool' },
  { package: 'nginx-light', why: 'the cache tier' },
  { package: 'libnginx-mod-http-cache-purge', why: 'drops a key from the cache when it is written' },
  { package: 'libnginx-mod-http-js', why: 'the fallback to S3 for keys on the pending list' },
  { package: 'supervisor', why: 'owns every daemon and restarts it' },
  { package: 'postgresql', why: "the ledger and the applications' orders" },
  { package: 'rclone', why: 'an independent comparison of source and target' },
  { package: 'mate-backgrounds', why: 'photographs, the input of the local move' },
];
