import { describe, expect, test } from 'vitest';
import { costOwner, OWNERS } from '../../../../infra/policy/rules/cost-owner.ts';
import { tags, TAGS } from '../../../../infra/policy/rules/tags.ts';
import { UNKNOWN } from '../../../../infra/policy/values.ts';
import { OWNED, said } from './support.ts';

const QUEUE = 'aws:sqs/queue:Queue';
const bare = { provider: { type: 'pulumi:providers:aws', props: {} } };

describe('tags and cost-owner', () => {
  test("the provider's default tags are every resource's", () => {
    for (const rule of [tags, costOwner]) {
      expect(said(rule, QUEUE, {})).toEqual([]);
      expect(said(rule, QUEUE, { tags: { Name: 'q' } })).toEqual([]);
    }
  });

  test('a provider without them is refused; what is made with it is not refused once more', () => {
    const provider = 'pulumi:providers:aws';
    expect(said(tags, provider, { defaultTags: JSON.stringify({ tags: OWNED }) })).toEqual([]);
    expect(said(costOwner, provider, { defaultTags: { tags: OWNED } })).toEqual([]);
    expect(said(tags, provider, {})).toEqual([`has no tag ${TAGS.join(', ')}`]);
    expect(said(costOwner, provider, {})).toEqual([`has no tag ${OWNERS.join(', ')}`]);
    expect(said(tags, QUEUE, {}, bare)).toEqual([]);
    expect(said(costOwner, QUEUE, {}, bare)).toEqual([]);
  });

  test('it may not take them away, or say nobody', () => {
    expect(said(costOwner, QUEUE, { tags: { owner: '' } })).toEqual(['has no tag owner']);
    expect(said(tags, QUEUE, { tags: { system: '' } })).toEqual(['has no tag system']);
    expect(said(tags, QUEUE, { tags: UNKNOWN })).toEqual([]);
    expect(said(costOwner, QUEUE, { tags: { owner: 'TBD' } })).toEqual(['says nobody in owner']);
  });

  test('other providers have no tags', () => {
    expect(said(tags, 'kubernetes:core/v1:Service', {}, bare)).toEqual([]);
    expect(said(costOwner, 'command:local:Command', {}, bare)).toEqual([]);
  });

  test('machines and volumes that AWS makes are tagged, too', () => {
    const owners = Object.fromEntries(OWNERS.map((name) => [name, OWNED[name as 'owner']]));
    const template = 'aws:ec2/launchTemplate:LaunchTemplate';
    const both = ['instance', 'volume'].map((resourceType) => ({ resourceType, tags: owners }));
    expect(said(costOwner, template, { tagSpecifications: both })).toEqual([]);
    expect(said(costOwner, template, { tagSpecifications: both.slice(0, 1) })).toEqual([
      'tagSpecifications: each volume gets no tag owner, cost-center',
    ]);
    const group = 'aws:autoscaling/group:Group';
    const propagated = OWNERS.map((key) => ({ key, value: 'x', propagateAtLaunch: true }));
    expect(said(costOwner, group, { tags: propagated })).toEqual([]);
    expect(said(costOwner, group, { tags: propagated.slice(0, 1) })).toEqual([
      'its machines get no tag cost-center: propagateAtLaunch',
    ]);
  });
});
