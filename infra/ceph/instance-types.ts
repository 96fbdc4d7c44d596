/** The disks of an instance store: empty after stop and start. */
export type InstanceDisks = {
  count: number;
  /** As AWS states it, in 10^9 bytes. */
  gigabytes: number;
  kind: 'nvme' | 'hdd';
  /** What the disk calls itself; hard disks and EBS volumes show as NVMe too, so this tells them apart. */
  model: string;
};

export type InstanceType = {
  vcpus: number;
  memoryGiB: number;
  architecture: 'x86_64' | 'arm64';
  disks: readonly InstanceDisks[];
  /** Sustained, or "up to" for the small ones. */
  networkGbps: number;
  gpus?: number;
  /** On demand, Linux, us-east-1, an hour; as published up to 2026. Re-price before quoting to anyone. */
  dollarsPerHour: number;
};

/** Every Nitro instance store calls itself so, hard disks too (docs.aws.amazon.com, "NVMe device names"). */
const MODEL = 'Amazon EC2 NVMe Instance Storage';

const nvme = (count: number, gigabytes: number): InstanceDisks[] => [
  { count, gigabytes, kind: 'nvme', model: MODEL },
];
const hdd = (count: number): InstanceDisks[] => [{ count, gigabytes: 13_980, kind: 'hdd', model: MODEL }];

const type = (
  vcpus: number,
  memoryGiB: number,
  networkGbps: number,
  dollarsPerHour: number,
  more: Partial<Pick<InstanceType, 'disks' | 'gpus' | 'architecture'>> = {},
): InstanceType => ({
  vcpus,
  memoryGiB,
  networkGbps,
  dollarsPerHour,
  architecture: 'x86_64',
  disks: [],
  ...more,
});
const arm64 = { architecture: 'arm64' } as const;

/**
 * The instance types that the settings may name, with what decides whether one fits a role.
 * Source: https://aws.amazon.com/ec2/instance-types/ and https://aws.amazon.com/ec2/pricing/on-demand/.
 */
export const INSTANCE_TYPES: Readonly<Record<string, InstanceType>> = {
  // A T4 each: RGW and the hottest pools here, thumbnails in Kubernetes.
  'g4dn.xlarge': type(4, 16, 25, 0.526, { disks: nvme(1, 125), gpus: 1 }),
  'g4dn.2xlarge': type(8, 32, 25, 0.752, { disks: nvme(1, 225), gpus: 1 }),
  'g4dn.4xlarge': type(16, 64, 25, 1.204, { disks: nvme(1, 225), gpus: 1 }),
  'g4dn.8xlarge': type(32, 128, 50, 2.176, { disks: nvme(1, 900), gpus: 1 }),
  'g4ad.4xlarge': type(16, 64, 10, 0.867, { disks: nvme(1, 600), gpus: 1 }),
  // Dense in NVMe: the hot class.
  'i3en.large': type(2, 16, 25, 0.226, { disks: nvme(1, 1_250) }),
  'i3en.xlarge': type(4, 32, 25, 0.452, { disks: nvme(1, 2_500) }),
  'i3en.2xlarge': type(8, 64, 25, 0.904, { disks: nvme(2, 2_500) }),
  'i3en.3xlarge': type(12, 96, 25, 1.356, { disks: nvme(1, 7_500) }),
  'i3en.6xlarge': type(24, 192, 25, 2.712, { disks: nvme(2, 7_500) }),
  'i4i.large': type(2, 16, 10, 0.172, { disks: nvme(1, 468) }),
  'i4i.xlarge': type(4, 32, 10, 0.343, { disks: nvme(1, 937) }),
  'i4i.2xlarge': type(8, 64, 12, 0.686, { disks: nvme(1, 1_875) }),
  'i4i.4xlarge': type(16, 128, 25, 1.373, { disks: nvme(1, 3_750) }),
  'im4gn.large': type(2, 8, 25, 0.182, { disks: nvme(1, 937), ...arm64 }),
  'im4gn.xlarge': type(4, 16, 25, 0.364, { disks: nvme(1, 1_875), ...arm64 }),
  'im4gn.4xlarge': type(16, 64, 25, 1.455, { disks: nvme(1, 7_500), ...arm64 }),
  'm6gd.medium': type(1, 4, 10, 0.0452, { disks: nvme(1, 59), ...arm64 }),
  'm6gd.large': type(2, 8, 10, 0.0904, { disks: nvme(1, 118), ...arm64 }),
  'm6gd.xlarge': type(4, 16, 10, 0.1808, { disks: nvme(1, 237), ...arm64 }),
  // Dense in hard disks: the cold class.
  'd3en.xlarge': type(4, 16, 6, 0.526, { disks: hdd(2) }),
  'd3en.2xlarge': type(8, 32, 12, 1.051, { disks: hdd(4) }),
  'd3en.4xlarge': type(16, 64, 25, 2.103, { disks: hdd(8) }),
  'd3en.6xlarge': type(24, 96, 40, 3.154, { disks: hdd(12) }),
  'd3en.12xlarge': type(48, 192, 75, 6.309, { disks: hdd(24) }),
  // No disks of their own: monitors, gateways, pods.
  't4g.medium': type(2, 4, 5, 0.0336, arm64),
  't4g.large': type(2, 8, 5, 0.0672, arm64),
  'm7i.large': type(2, 8, 12, 0.1008),
  'm7i.xlarge': type(4, 16, 12, 0.2016),
  'm7i.4xlarge': type(16, 64, 12, 0.8064),
  'm7g.large': type(2, 8, 12, 0.0816, arm64),
  'm7g.xlarge': type(4, 16, 12, 0.1632, arm64),
  'r7g.large': type(2, 16, 12, 0.1071, arm64),
  'c6i.4xlarge': type(16, 32, 12, 0.68),
  'c7i.4xlarge': type(16, 32, 12, 0.714),
  'c7g.large': type(2, 4, 12, 0.0725, arm64),
  'c7g.4xlarge': type(16, 32, 15, 0.58, arm64),
};
