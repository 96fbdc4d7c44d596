import { byType, violations, type Check, type ResourceRule } from '../rule.ts';
import { block, blocks, isGiven, isSurelyTrue, text, UNKNOWN, type Values } from '../values.ts';
import { effectiveTags, missingTags } from './tags.ts';

/** Who answers for a resource and who pays it. */
export const OWNERS = ['owner', 'cost-center'];

/** Nobody in particular. */
const PLACEHOLDER = /^(todo|tbd|none|unknown|n\/a|changeme|x+|-)$/i;

const lacking = (tags: Values) => OWNERS.filter((name) => !isGiven(tags[name]));

/** What these make is made by AWS: the provider's default tags do not reach it. */
const HANDED_ON: Readonly<Record<string, Check>> = {
  'aws:autoscaling/group:Group': (props) => {
    if (props['tags'] === UNKNOWN) return [];
    const propagated = blocks(props['tags']).filter((tag) => isSurelyTrue(tag['propagateAtLaunch']));
    const missing = OWNERS.filter((name) => !propagated.some((tag) => tag['key'] === name));
    return [missing.length > 0 && `its machines get no tag ${missing.join(', ')}: propagateAtLaunch`];
  },
  'aws:ec2/launchTemplate:LaunchTemplate': (props) =>
    props['tagSpecifications'] === UNKNOWN
      ? []
      : ['instance', 'volume'].map((kind) => {
          const specification = blocks(props['tagSpecifications']).find(
            (one) => one['resourceType'] === kind,
          );
          const missing = lacking(block(specification?.['tags']));
          return missing.length > 0 && `tagSpecifications: each ${kind} gets no tag ${missing.join(', ')}`;
        }),
};

/** No bill without somebody who pays it, no resource without somebody to ask. */
export const costOwner: ResourceRule = {
  name: 'cost-owner',
  description: 'Everything on AWS says who answers for it and who pays, and so does what AWS makes of it.',
  severity: 'medium',
  remedy: 'Set storage:owner and storage:costCenter; hand the tags on where AWS makes machines and volumes.',
  check: (resource) => {
    const missing = missingTags(resource, OWNERS);
    const given = resource.type.startsWith('aws:') ? effectiveTags(resource) : {};
    const placeholders = OWNERS.filter((name) => PLACEHOLDER.test(text(given[name])));
    return [
      ...violations([
        missing.length > 0 && `has no tag ${missing.join(', ')}`,
        placeholders.length > 0 && `says nobody in ${placeholders.join(', ')}`,
      ]),
      ...byType(HANDED_ON)(resource),
    ];
  },
};
