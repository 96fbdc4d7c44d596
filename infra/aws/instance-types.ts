/**
 * The EC2 instance types that the settings may name: what a node of each can carry and what it costs.
 *
 * Processors, memory, disks and network are what EC2's own DescribeInstanceTypes answers (read from its
 * copy in moto 5.2.5, October 2026; also https://docs.aws.amazon.com/ec2/latest/instancetypes/). Prices are
 * those published for Linux, on demand, us-east-1, between 2022 and 2026: re-price before quoting them.
 */
export type InstanceType = {
  vcpus: number;
  memoryGiB: number;
  architecture: 'x86_64' | 'arm64';
  /** Local disks. All is lost when the instance stops. None: the type has only EBS volumes. */
  disks: readonly LocalDisks[];
  /** Gigabits a second that it keeps up for hours; many types burst above it for minutes. */
  networkGbps: number;
  /** NVIDIA T4 (g4dn) or AMD V520 (g4ad). */
  gpus?: number;
  dollarsPerHour: number;
};

export type LocalDisks = {
  count: number;
  /** Decimal gigabytes of one disk. */
  gigabytes: number;
  /** Both appear as /dev/nvmeXn1; the size tells hard disks (13.98 TB) from flash. */
  kind: 'nvme' | 'hdd';
  /** What the kernel reads as the disk's model; EBS volumes have {@link EBS_MODEL} instead. */
  model: string;
};

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ebs-using-volumes.html and …/ssd-instance-store.html */
export const INSTANCE_STORE_MODEL = 'Amazon EC2 NVMe Instance Storage';
export const EBS_MODEL = 'Amazon Elastic Block Store';

type Row = [
  size: string,
  vcpus: number,
  memoryGiB: number,
  disks: readonly LocalDisks[],
  networkGbps: number,
  dollarsPerHour: number,
  gpus?: number,
];

export const INSTANCE_TYPES: Readonly<Record<string, InstanceType>> = Object.fromEntries([
  ...family('g4dn', 'x86_64', [
    ['xlarge', 4, 16, [nvme(1, 125)], 5, 0.526, 1],
    ['2xlarge', 8, 32, [nvme(1, 225)], 10, 0.752, 1],
    ['4xlarge', 16, 64, [nvme(1, 225)], 20, 1.204, 1],
    ['8xlarge', 32, 128, [nvme(1, 900)], 50, 2.176, 1],
    ['12xlarge', 48, 192, [nvme(1, 900)], 50, 3.912, 4],
  ]),
  ...family('i3en', 'x86_64', [
    ['large', 2, 16, [nvme(1, 1250)], 2.1, 0.226],
    ['xlarge', 4, 32, [nvme(1, 2500)], 4.2, 0.452],
    ['2xlarge', 8, 64, [nvme(2, 2500)], 8.4, 0.904],
    ['3xlarge', 12, 96, [nvme(1, 7500)], 12.5, 1.356],
    ['6xlarge', 24, 192, [nvme(2, 7500)], 25, 2.712],
    ['12xlarge', 48, 384, [nvme(4, 7500)], 50, 5.424],
  ]),
  ...family('i4i', 'x86_64', [
    ['large', 2, 16, [nvme(1, 468)], 0.781, 0.172],
    ['xlarge', 4, 32, [nvme(1, 937)], 1.875, 0.343],
    ['2xlarge', 8, 64, [nvme(1, 1875)], 4.687, 0.686],
    ['4xlarge', 16, 128, [nvme(1, 3750)], 9.375, 1.373],
    ['8xlarge', 32, 256, [nvme(2, 3750)], 18.75, 2.746],
  ]),
  ...family('im4gn', 'arm64', [
    ['large', 2, 8, [nvme(1, 937)], 3.125, 0.182],
    ['xlarge', 4, 16, [nvme(1, 1875)], 6.25, 0.364],
    ['2xlarge', 8, 32, [nvme(1, 3750)], 12.5, 0.728],
    ['4xlarge', 16, 64, [nvme(1, 7500)], 25, 1.455],
    ['8xlarge', 32, 128, [nvme(2, 7500)], 50, 2.911],
  ]),
  ...family('d3en', 'x86_64', [
    ['xlarge', 4, 16, [hdd(2, 13980)], 6, 0.526],
    ['2xlarge', 8, 32, [hdd(4, 13980)], 12.5, 1.051],
    ['4xlarge', 16, 64, [hdd(8, 13980)], 25, 2.103],
    ['6xlarge', 24, 96, [hdd(12, 13980)], 40, 3.154],
    ['8xlarge', 32, 128, [hdd(16, 13980)], 50, 4.206],
    ['12xlarge', 48, 192, [hdd(24, 13980)], 75, 6.309],
  ]),
  ...family('m7i', 'x86_64', [
    ['large', 2, 8, [], 0.781, 0.1008],
    ['xlarge', 4, 16, [], 1.562, 0.2016],
    ['2xlarge', 8, 32, [], 3.125, 0.4032],
    ['4xlarge', 16, 64, [], 6.25, 0.8064],
  ]),
  ...family('m7g', 'arm64', [
    ['medium', 1, 4, [], 0.52, 0.0408],
    ['large', 2, 8, [], 0.937, 0.0816],
    ['xlarge', 4, 16, [], 1.876, 0.1632],
    ['2xlarge', 8, 32, [], 3.75, 0.3264],
    ['4xlarge', 16, 64, [], 7.5, 0.6528],
  ]),
  ...family('m6gd', 'arm64', [
    ['medium', 1, 4, [nvme(1, 59)], 0.5, 0.0452],
    ['large', 2, 8, [nvme(1, 118)], 0.75, 0.0904],
    ['xlarge', 4, 16, [nvme(1, 237)], 1.25, 0.1808],
    ['2xlarge', 8, 32, [nvme(1, 474)], 2.5, 0.3616],
    ['4xlarge', 16, 64, [nvme(1, 950)], 5, 0.7232],
  ]),
  ...family('t4g', 'arm64', [
    ['small', 2, 2, [], 0.128, 0.0168],
    ['medium', 2, 4, [], 0.256, 0.0336],
    ['large', 2, 8, [], 0.512, 0.0672],
    ['xlarge', 4, 16, [], 1.024, 0.1344],
    ['2xlarge', 8, 32, [], 2.048, 0.2688],
  ]),
  ...family('r7g', 'arm64', [
    ['large', 2, 16, [], 0.937, 0.1071],
    ['xlarge', 4, 32, [], 1.876, 0.2142],
    ['2xlarge', 8, 64, [], 3.75, 0.4284],
    ['4xlarge', 16, 128, [], 7.5, 0.8568],
  ]),
  ...family('c7g', 'arm64', [
    ['large', 2, 4, [], 0.937, 0.0725],
    ['xlarge', 4, 8, [], 1.876, 0.145],
    ['2xlarge', 8, 16, [], 3.75, 0.29],
    ['4xlarge', 16, 32, [], 7.5, 0.58],
  ]),
  ...family('c6g', 'arm64', [
    ['large', 2, 4, [], 0.75, 0.068],
    ['xlarge', 4, 8, [], 1.25, 0.136],
    ['2xlarge', 8, 16, [], 2.5, 0.272],
    ['4xlarge', 16, 32, [], 5, 0.544],
  ]),
  ...family('c7i', 'x86_64', [
    ['large', 2, 4, [], 0.781, 0.08925],
    ['xlarge', 4, 8, [], 1.562, 0.1785],
    ['2xlarge', 8, 16, [], 3.125, 0.357],
    ['4xlarge', 16, 32, [], 6.25, 0.714],
  ]),
  ...family('g4ad', 'x86_64', [['4xlarge', 16, 64, [nvme(1, 600)], 8.3, 0.867, 1]]),
]);

function family(name: string, architecture: InstanceType['architecture'], rows: readonly Row[]) {
  return rows.map(([size, vcpus, memoryGiB, disks, networkGbps, dollarsPerHour, gpus]) => {
    const type = { vcpus, memoryGiB, architecture, disks, networkGbps, dollarsPerHour };
    return [`${name}.${size}`, gpus === undefined ? type : { ...type, gpus }] as const;
  });
}

function nvme(count: number, gigabytes: number): LocalDisks {
  return { count, gigabytes, kind: 'nvme', model: INSTANCE_STORE_MODEL };
}

function hdd(count: number, gigabytes: number): LocalDisks {
  return { count, gigabytes, kind: 'hdd', model: INSTANCE_STORE_MODEL };
}
