#!/usr/bin/env bash
# Tells CloudWatch how full this host's disk is and, from a monitor, how the cluster is. Run every minute.
# Usage: watch.sh NAMESPACE CLUSTER TOPIC
set -euo pipefail

namespace=$1 cluster=$2 topic=$3
HOME_FOLDER=${STORAGE_CEPH_WATCH:-/usr/local/lib/storage-ceph-watch}
CEPH_FOLDER=${STORAGE_CEPH_DATA:-/var/lib/ceph}

figures=$(mktemp)
trap 'rm -f "$figures"' EXIT

used=$(df --output=pcent / | tail -n 1 | tr -dc '0-9')
printf '[{"MetricName":"RootDiskPercent","Value":%s,"Unit":"Percent","Dimensions":[{"Name":"Cluster","Value":"%s"}]}]' \
  "$used" "$cluster" >"$figures"
aws cloudwatch put-metric-data --namespace "$namespace" --metric-data "file://$figures"

for keyring in "$CEPH_FOLDER"/*/config/ceph.client.admin.keyring; do
  [ -s "$keyring" ] || continue
  folder=${keyring%/config/*}
  # A cluster that does not answer says nothing, which rings too.
  timeout 50 cephadm shell --fsid "${folder##*/}" --mount "$HOME_FOLDER:/mnt/watch" \
    -- python3 /mnt/watch/figures.py "$cluster" "$topic" 2>/dev/null >"$figures"
  aws cloudwatch put-metric-data --namespace "$namespace" --metric-data "file://$figures"
done
