import { ensureDebianPackages, type NeededPackage } from '../../scripts/tools/toolchain/debian.ts';

/** Debian packages that only tests need, and what each is for. Their versions are the distribution's. */
const TEST_PACKAGES: readonly NeededPackage[] = [
  { package: 'ceph-base', why: 'crushtool and osdmaptool, which read CRUSH maps' },
  { package: 'openssl', why: 'certificates of servers on loopback' },
  { package: 'python3-ceph-common', why: "cephadm's own parser of service specifications" },
  { package: 'shellcheck', why: 'reads the scripts that run on hosts' },
];

/** Installs what is missing of them, and says so. Throws a UserError that says what to install by hand. */
export async function ensureTestPackages(): Promise<void> {
  await ensureDebianPackages(TEST_PACKAGES, { log: (line) => console.log(line) });
}
