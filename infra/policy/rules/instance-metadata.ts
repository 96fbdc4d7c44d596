import { byType, type Check, type ResourceRule } from '../rule.ts';
import { block, UNKNOWN } from '../values.ts';

const check: Check = (props) => {
  const { httpTokens, httpEndpoint, httpPutResponseHopLimit: hops } = block(props['metadataOptions']);
  if (props['metadataOptions'] === UNKNOWN || httpEndpoint === 'disabled') return [];
  return [
    httpTokens !== 'required' &&
      "metadataOptions.httpTokens must be 'required': with version 1 a request that the machine is tricked into hands out its role's credentials",
    typeof hops === 'number' &&
      hops > 2 &&
      `metadataOptions.httpPutResponseHopLimit is ${hops}; 1 keeps containers out, 2 is what pods on the host's network need at most`,
  ];
};

/** Machines answer for their credentials by IMDSv2 alone. */
export const instanceMetadata: ResourceRule = {
  name: 'instance-metadata-v2',
  description: "Machines give out their role's credentials to IMDSv2 sessions only.",
  severity: 'high',
  remedy: "Set metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 }.",
  check: byType({
    'aws:ec2/instance:Instance': check,
    'aws:ec2/launchTemplate:LaunchTemplate': check,
  }),
};
