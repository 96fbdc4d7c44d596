import type { ClusterSpec } from './cluster.ts';

/**
 * `ceph.conf` of a cluster on one machine. Everything listens on 127.0.0.1.
 *
 * Not in it: the cluster's id, which the monitor map carries, and keys.
 *
 * @param folders run: sockets; log; data: one folder a daemon; keyring: a file
 */
export function loopbackConfiguration(
  cluster: ClusterSpec,
  folders: { run: string; log: string; data: string; keyring: string },
): string {
  const { replicas, osds, daemonPorts } = cluster;
  return `# Written by the local environment; what is changed here is lost.
[global]
mon_host = v2:127.0.0.1:${cluster.monitorPort}
mon_initial_members = a
public_network = 127.0.0.0/8
ms_bind_msgr1 = false
ms_bind_port_min = ${daemonPorts.first}
ms_bind_port_max = ${daemonPorts.last}
keyring = ${folders.keyring}
run_dir = ${folders.run}
pid_file =
admin_socket = ${folders.run}/$name.asok
log_file = ${folders.log}/ceph-${cluster.name}-$name.log
mon_cluster_log_file = ${folders.log}/ceph-${cluster.name}-cluster.log
mon_data = ${folders.data}/mon
mgr_data = ${folders.data}/mgr
osd_data = ${folders.data}/osd.$id
rgw_data = ${folders.data}/rgw
auth_allow_insecure_global_id_reclaim = false

# All OSDs are on one host: replicas go to different OSDs.
osd_crush_chooseleaf_type = 0
osd_pool_default_size = ${replicas.size}
osd_pool_default_min_size = ${replicas.minSize}
osd_pool_default_pg_autoscale_mode = off
mon_warn_on_pool_no_redundancy = false

# A dead OSD must be noticed at once: any peer that finds its port closed tells the monitor, and one witness is
# enough. Without the pair of mon_osd settings two hosts would have to say so, and there is only one.
osd_fast_fail_on_connection_refused = true
osd_heartbeat_interval = 1
osd_heartbeat_grace = 8
mon_osd_adjust_heartbeat_grace = false
mon_osd_reporter_subtree_level = osd
mon_osd_min_down_reporters = 1

# By default the monitor collects changes for a second before it decides, which makes a cluster's first
# start slow and prolongs every change of the OSD map.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
# How full the host's disk is is the host's affair as long as there is some room.
mon_data_avail_warn = 3
mon_data_avail_crit = 1

# None of the manager's modules is needed here, and they take most of its memory and time to start.
mgr_module_path = ${folders.data}/mgr
mgr_initial_modules =

# A dead OSD that is back must be whole again before the next one dies. The sparse files look like
# spinning disks, between whose recovery operations an OSD would rest.
osd_recovery_sleep = 0
osd_recovery_max_active = 8
osd_max_backfills = 4
# An OSD opens its disk again for each shard, and waits for the poller at each close: 0.3 s of its start.
osd_op_num_shards = 2
osd_op_num_threads_per_shard = 2
bdev_aio_poll_ms = 10

bluestore_block_size = ${osds.bytes}
bluestore_fsck_on_mkfs = false
# The smallest that Ceph accepts; the cache stays below it.
osd_memory_target = 939524096
bluestore_cache_autotune = false
bluestore_cache_size = 134217728

# Which user did how many requests: proves the silence on the source before it is emptied.
rgw_enable_usage_log = true
rgw_usage_log_tick_interval = 1
rgw_usage_log_flush_threshold = 64
rgw_dns_name = ${cluster.dnsName}
rgw_enable_apis = s3, admin, notifications

[client]
# A client whose OSD has moved looks for a newer map only so often; by default after ten seconds.
objecter_timeout = 2
objecter_tick_interval = 1

# Commands are no daemons: they have no admin socket.
[client.admin]
admin_socket =
${cluster.gateways
  .map(
    (gateway) => `
[client.rgw.${gateway.name}]
# Not beast: RGW 16.2.15 with it aborts on DeleteObjects where removals are notified. Headers and body of an
# answer go out in two writes: without TCP_NODELAY the second waits 40 ms for the client's delayed ACK.
rgw_frontends = civetweb port=127.0.0.1:${gateway.port} tcp_nodelay=1
rgw_thread_pool_size = 256
`,
  )
  .join('')}`;
}
