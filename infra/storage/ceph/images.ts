/**
 * What the dashboard reads figures and alerts from, by the end of cephadm's option `container_image_NAME`:
 * https://docs.ceph.com/en/tentacle/cephadm/services/monitoring/#using-custom-images
 */
export const MONITORING_IMAGES = {
  prometheus: 'quay.io/prometheus/prometheus:v2.51.0',
  node_exporter: 'quay.io/prometheus/node-exporter:v1.7.0',
  alertmanager: 'quay.io/prometheus/alertmanager:v0.27.0',
} as const;
