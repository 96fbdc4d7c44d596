import { byType, type ResourceRule } from '../rule.ts';
import { block, blocks, isSurelyTrue, isTrue, list, text, UNKNOWN, type Values } from '../values.ts';

/** From viewers: TLS 1.2 and forward secrecy at least. */
const VIEWER_MINIMUM = /^TLSv1\.(2_2021|2_2025|3_\d{4})$/;
/** At load balancers. */
const LISTENER_POLICY = /^ELBSecurityPolicy-TLS13-1-[23]/;

const behaviour = (name: string, values: Values) => [
  values['viewerProtocolPolicy'] !== UNKNOWN &&
    !['redirect-to-https', 'https-only'].includes(text(values['viewerProtocolPolicy'])) &&
    `${name}.viewerProtocolPolicy must be redirect-to-https or https-only`,
];

const redirectsToHttps = (actions: unknown) =>
  list(actions).length > 0 &&
  blocks(actions).every(
    (action) => action['type'] === 'redirect' && block(action['redirect'])['protocol'] === 'HTTPS',
  );

/** What goes over a wire is encrypted, with versions and ciphers of today. */
export const tlsOnly: ResourceRule = {
  name: 'tls-only',
  description: 'Listeners, viewers, origins and the database speak TLS, 1.2 or newer.',
  severity: 'high',
  remedy: 'Use HTTPS or TLS with the regional certificate (Certificates); redirect HTTP.',
  check: byType({
    'aws:lb/listener:Listener': ({ protocol, sslPolicy, port, defaultActions }) => {
      switch (protocol) {
        case UNKNOWN:
          return [];
        case 'HTTPS':
        case 'TLS':
          return [
            sslPolicy !== UNKNOWN &&
              !LISTENER_POLICY.test(text(sslPolicy)) &&
              `sslPolicy is ${text(sslPolicy) || 'not set'}; ELBSecurityPolicy-TLS13-1-2-2021-06 or newer`,
          ];
        case 'HTTP':
          return [!redirectsToHttps(defaultActions) && 'protocol is HTTP and does not redirect to HTTPS'];
        case 'TCP':
          // Passed through: what is behind it ends the TLS.
          return [port !== 443 && `protocol is TCP on port ${String(port)}; only 443 passes TLS through`];
        default:
          return [`protocol is ${text(protocol) || 'not set'}; HTTPS or TLS`];
      }
    },
    'aws:cloudfront/distribution:Distribution': (props) => {
      const certificate = block(props['viewerCertificate']);
      return [
        ...behaviour('defaultCacheBehavior', block(props['defaultCacheBehavior'])),
        ...blocks(props['orderedCacheBehaviors']).flatMap((values, index) =>
          behaviour(`orderedCacheBehaviors[${index}]`, values),
        ),
        isSurelyTrue(certificate['cloudfrontDefaultCertificate']) &&
          'viewerCertificate: with the default certificate viewers may come with TLS 1.0',
        props['viewerCertificate'] !== UNKNOWN &&
          !VIEWER_MINIMUM.test(text(certificate['minimumProtocolVersion'])) &&
          'viewerCertificate.minimumProtocolVersion must be TLSv1.2_2021 or newer',
        ...blocks(props['origins']).map(
          (origin) =>
            'customOriginConfig' in origin &&
            origin['customOriginConfig'] !== UNKNOWN &&
            block(origin['customOriginConfig'])['originProtocolPolicy'] !== 'https-only' &&
            'origins.customOriginConfig.originProtocolPolicy must be https-only',
        ),
      ];
    },
    'aws:cloudfront/vpcOrigin:VpcOrigin': (props) => [
      block(props['vpcOriginEndpointConfig'])['originProtocolPolicy'] !== 'https-only' &&
        'vpcOriginEndpointConfig.originProtocolPolicy must be https-only',
    ],
    'aws:rds/clusterParameterGroup:ClusterParameterGroup': (props) => [
      /postgresql/.test(text(props['family'])) &&
        !blocks(props['parameters']).some(
          (parameter) => parameter['name'] === 'rds.force_ssl' && String(parameter['value']) === '1',
        ) &&
        'parameters must set rds.force_ssl to 1',
    ],
    'aws:rds/cluster:Cluster': (props) => [
      !isTrue(props['iamDatabaseAuthenticationEnabled']) &&
        'iamDatabaseAuthenticationEnabled must be true: tokens of 15 minutes, no password that travels',
    ],
  }),
};
