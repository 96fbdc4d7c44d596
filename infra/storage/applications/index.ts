export { Certificates, EDGE_REGION, type CertificatesArgs } from './certificates.ts';
export { storageNames, type StorageNames } from './names.ts';
export { loadBalancerName, ObjectsZone, type ObjectsZoneArgs } from './objects-zone.ts';
export {
  ApplicationsParameter,
  applicationsParameterName,
  type ApplicationsParameterArgs,
} from './parameter.ts';
export { PublicNames, type PublicNamesArgs } from './public-names.ts';
export { UNDECIDED } from '../../../scripts/contract/undecided.ts';
export { TLS_POLICY } from './tls.ts';
