import type { AwsSettings } from '../../settings/aws.ts';

/** Host names of the storage system, all of them: certificates, DNS records and RGW are made from this. */
export type StorageNames = {
  /** What browsers read images from, through the CDN's cache; anonymous, `/BUCKET/KEY`. */
  images: string;
  /**
   * The same images for requests that carry a signature: presigned links and browsers' uploads. A name of its
   * own, because CloudFront chooses a behaviour by path alone and must never store an answer to a signature.
   */
  signed: string;
  /** The zone, private, of the names below. */
  objects: string;
  /** The cache tier's load balancer: what applications use for images from cutover on. */
  cacheTier: string;
  /**
   * Each cluster's own load balancer. That of images is for the cache tier and the migration's workers only:
   * a signature covers the host's name, so it cannot share `cacheTier`.
   */
  gateways: { images: string; metadata: string };
  /**
   * What each RGW must take for its own name (`rgw_dns_name` and the zonegroup's `hostnames`). It takes any
   * other name for that of a bucket (rgw_rest.cc, RGWREST::preprocess).
   */
  gatewayHostNames: { images: string[]; metadata: string[] };
  /** The receiver of the clusters' notifications. */
  events: string;
};

/** The names that follow from the two that are configured. */
export function storageNames(domain: Pick<AwsSettings['domain'], 'images' | 'objects'>): StorageNames {
  const { images, objects } = domain;
  const signed = `signed.${images}`;
  const cacheTier = `images.${objects}`;
  const gateways = { images: `rgw-images.${objects}`, metadata: `metadata.${objects}` };
  return {
    images,
    signed,
    objects,
    cacheTier,
    gateways,
    gatewayHostNames: { images: [cacheTier, gateways.images, signed], metadata: [gateways.metadata] },
    events: `events.${objects}`,
  };
}

/** The names below which a bucket may be a label: `BUCKET.NAME`. */
export function bucketParents(names: StorageNames): string[] {
  return [names.signed, names.cacheTier, names.gateways.metadata];
}

/** The names of the CDN's certificate. */
export function edgeCertificateNames(names: StorageNames): string[] {
  return [names.images, names.signed, `*.${names.signed}`];
}

/**
 * The names of the load balancers' certificate. The public names too: CloudFront shows the viewer's host
 * to the load balancer where it forwards it. A wildcard covers one label only.
 */
export function regionalCertificateNames(names: StorageNames): string[] {
  const wildcards = [names.objects, ...bucketParents(names)].map((parent) => `*.${parent}`);
  return [...new Set([names.images, names.signed, ...wildcards])];
}
