import { beforeAll, describe, expect, it } from 'vitest';
import { clusterOptions, type Option } from '../../../../../infra/storage/ceph/plan/options.ts';
import type { CephSettings } from '../../../../../infra/settings/aws.ts';
import { settingsOf } from '../../../../../scripts/tools/cost/page.ts';

const args = {
  publicNetworks: ['10.20.48.0/22', '10.20.52.0/22'],
  gatewayName: 'rgw-images.objects.food.example',
  monitoringImages: { prometheus: 'cached/prometheus:v1' },
};
const text = ({ who, name, value, since }: Option) =>
  `${who} ${name} = ${value}${since === undefined ? '' : ` (${since})`}`;

describe('the options of a cluster', () => {
  let prod: CephSettings;
  let dev: CephSettings;
  beforeAll(async () => {
    prod = (await settingsOf('prod')).ceph.images;
    dev = (await settingsOf('dev')).ceph.metadata;
  });

  it('of prod’s images', () => {
    expect(clusterOptions(prod, args).map(text)).toEqual([
      'global public_network = 10.20.48.0/22,10.20.52.0/22',
      'global osd_pool_default_pg_autoscale_mode = off',
      'global auth_allow_insecure_global_id_reclaim = false',
      'mon mon_allow_pool_delete = false',
      'mon mon_osd_down_out_interval = 1800',
      'mon mon_osd_down_out_subtree_limit = zone',
      'osd osd_memory_target_autotune = false',
      // 32 GiB less 2 for system and RGW, one disk, 85 %.
      'osd/class:hottest osd_memory_target = 27380416512',
      'osd/class:hot osd_memory_target = 86704652288',
      // 32 GiB less 1, four disks.
      'osd/class:cold osd_memory_target = 7072645120',
      'mgr mgr/cephadm/container_image_prometheus = cached/prometheus:v1',
      'client.rgw rgw_dns_name = rgw-images.objects.food.example',
      'client.rgw rgw_enable_usage_log = true',
      'client.rgw rgw_usage_log_tick_interval = 30',
      'client.rgw rgw_lifecycle_work_time = 00:00-23:59',
      'client.rgw rgw_max_objs_per_shard = 100000',
      'client.rgw rgw_max_dynamic_shards = 6007',
      'client.rgw rgw_dynamic_resharding_may_reduce = false (20)',
      'client.rgw rgw_bucket_persistent_notif_num_shards = 11 (20)',
    ]);
  });

  it('let a single copy be one, where the settings ask for it', () => {
    expect(clusterOptions(dev, args).map(text)).toContain('global mon_allow_pool_size_one = true');
    expect(clusterOptions(prod, args).map(text).join()).not.toContain('mon_allow_pool_size_one');
  });
});
