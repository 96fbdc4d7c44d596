import type * as aws from '@pulumi/aws';

type Rule = aws.types.input.wafv2.WebAclRule;

/**
 * Managed rules that only count. Every one of them reads what is data here: an object's body may hold any
 * text, and a key may be any path.
 */
const COUNTED = [
  'JavaDeserializationRCE_BODY',
  'Log4JRCE_BODY',
  'ReactJSRCE_BODY',
  'ExploitablePaths_URIPATH',
];

/**
 * The firewall's rules, in the order of their priority. The web application groups (Core rule set, SQL, PHP)
 * are left out: they refuse long queries (presigned links), large bodies, `..` in paths and absent user
 * agents, all of which S3 has, and protect what does not run here.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 *
 * @param requestsPerFiveMinutes above which one address is refused until it is below again
 */
export function firewallRules(requestsPerFiveMinutes: number): Rule[] {
  return [
    managed(0, 'AWSManagedRulesAmazonIpReputationList', []),
    managed(1, 'AWSManagedRulesKnownBadInputsRuleSet', COUNTED),
    {
      name: 'rate-by-address',
      priority: 2,
      action: { block: {} },
      statement: {
        rateBasedStatement: {
          aggregateKeyType: 'IP',
          limit: requestsPerFiveMinutes,
          evaluationWindowSec: 300,
        },
      },
      visibilityConfig: visibility('rate-by-address'),
    },
  ];
}

/** What a rule or the whole firewall shows of itself: counts by name, and a sample of what it matched. */
export function visibility(metricName: string) {
  return { metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: true };
}

function managed(priority: number, name: string, counted: string[]): Rule {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
    visibilityConfig: visibility(name),
  };
}
