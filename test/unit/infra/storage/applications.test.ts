import { expect, test } from 'vitest';
import {
  ApplicationsParameter,
  Certificates,
  loadBalancerName,
  ObjectsZone,
  PublicNames,
  storageNames,
} from '../../../../infra/storage/applications/index.ts';
import { bucketParents, regionalCertificateNames } from '../../../../infra/storage/applications/names.ts';
import { record, valueOf } from '../../../support/recorded.ts';

const names = storageNames({ images: 'images.food.example', objects: 'objects.food.example' });
const RECORD = 'aws:route53/record:Record';

/** ACM asks for one record a name, a name and its wildcard share one. */
function acm({ type, inputs }: { type: string; inputs: Record<string, unknown> }): Record<string, unknown> {
  if (type === RECORD) return { fqdn: String(inputs['name']) };
  if (type !== 'aws:acm/certificate:Certificate') return {};
  const all = [inputs['domainName'], ...(inputs['subjectAlternativeNames'] as string[])].map(String);
  return {
    domainValidationOptions: all.map((domainName) => ({
      domainName,
      resourceRecordName: `_proof.${domainName.replace('*.', '')}`,
      resourceRecordType: 'CNAME',
      resourceRecordValue: `${domainName.replace('*.', '')}.acm-validations.aws`,
    })),
  };
}

test('the names of every part follow from the two that are configured', () => {
  expect(names).toEqual({
    images: 'images.food.example',
    signed: 'signed.images.food.example',
    objects: 'objects.food.example',
    cacheTier: 'images.objects.food.example',
    gateways: { images: 'rgw-images.objects.food.example', metadata: 'metadata.objects.food.example' },
    gatewayHostNames: {
      images: [
        'images.objects.food.example',
        'rgw-images.objects.food.example',
        'signed.images.food.example',
      ],
      metadata: ['metadata.objects.food.example'],
    },
    events: 'events.objects.food.example',
  });
});

test('the load balancers’ certificate has every name that leads to one, with a bucket before it too', () => {
  const covered = regionalCertificateNames(names);
  const stands = (host: string) =>
    covered.includes(host) || covered.includes(`*.${host.slice(host.indexOf('.') + 1)}`);
  const hosts = [
    ...[names.images, names.signed, names.cacheTier, names.events],
    ...Object.values(names.gateways),
    ...bucketParents(names).map((parent) => `some-bucket.${parent}`),
  ];
  expect(hosts.filter((host) => !stands(host))).toEqual([]);
});

test('both certificates are proven by the same records in the public zone, one a name', async () => {
  const recorded = await record(
    (options) =>
      new Certificates('certificates', { names, zone: 'food.example', zoneId: 'ZPUBLIC' }, options),
    { outputs: acm },
  );
  expect(recorded.all('aws:acm/certificate:Certificate')).toEqual({
    'certificates-regional': {
      domainName: 'images.food.example',
      subjectAlternativeNames: [
        'signed.images.food.example',
        '*.objects.food.example',
        '*.signed.images.food.example',
        '*.images.objects.food.example',
        '*.metadata.objects.food.example',
      ],
      validationMethod: 'DNS',
    },
    'certificates-edge': {
      domainName: 'images.food.example',
      subjectAlternativeNames: ['signed.images.food.example', '*.signed.images.food.example'],
      validationMethod: 'DNS',
      region: 'us-east-1',
    },
  });
  const proofs = recorded.all(RECORD);
  expect(Object.keys(proofs)).toEqual([
    'certificates-proof-images.food.example',
    'certificates-proof-images.objects.food.example',
    'certificates-proof-metadata.objects.food.example',
    'certificates-proof-objects.food.example',
    'certificates-proof-signed.images.food.example',
  ]);
  expect(proofs['certificates-proof-objects.food.example']).toEqual({
    zoneId: 'ZPUBLIC',
    name: '_proof.objects.food.example',
    type: 'CNAME',
    records: ['objects.food.example.acm-validations.aws'],
    ttl: 300,
    allowOverwrite: true,
  });
  const fqdns = [
    'images.food',
    'signed.images.food',
    'objects.food',
    'images.objects.food',
    'metadata.objects.food',
  ];
  expect(
    recorded.find('aws:acm/certificateValidation:CertificateValidation', 'certificates-edge-issued').inputs,
  ).toEqual({
    certificateArn: 'arn:aws:acm/certificate:us-east-1:111122223333:certificates-edge',
    validationRecordFqdns: fqdns.map((name) => `_proof.${name}.example`),
    region: 'us-east-1',
  });
  await expect(valueOf(recorded.value.regionalArn)).resolves.toBe(
    'arn:aws:acm/certificate:us-east-1:111122223333:certificates-regional',
  );
});

test('names outside the zone are refused, with the two ways out', async () => {
  await expect(
    record((options) => new Certificates('c', { names, zone: 'drink.example', zoneId: 'Z' }, options)),
  ).rejects.toThrow(
    'Set domain.images and domain.objects to names that end in .drink.example, or domain.zone to theirs.',
  );
});

test('the private zone is known in the VPC only, and a name in it follows its load balancer', async () => {
  const recorded = await record((options) => {
    const zone = new ObjectsZone('zone', { objects: names.objects, vpcId: 'vpc-1', protect: true }, options);
    loadBalancerName(
      'name',
      { zoneId: zone.zoneId, hostName: names.cacheTier, target: { dnsName: 'alb.example', zoneId: 'ZALB' } },
      { parent: zone },
    );
  });
  const zone = recorded.find('aws:route53/zone:Zone', 'zone-zone');
  expect(zone.options).toMatchObject({ protect: true, retainOnDelete: true });
  expect(zone.inputs).toEqual({
    name: 'objects.food.example',
    comment: 'Names of the object stores inside the VPC',
    vpcs: [{ vpcId: 'vpc-1' }],
    forceDestroy: false,
  });
  expect(recorded.find(RECORD, 'name').inputs).toMatchObject({
    name: 'images.objects.food.example',
    type: 'A',
    aliases: [{ name: 'alb.example', zoneId: 'ZALB', evaluateTargetHealth: false }],
  });
});

test('public names lead to the CDN by both families of addresses', async () => {
  const recorded = await record((options) => {
    new PublicNames(
      'public',
      {
        zoneId: 'ZPUBLIC',
        hostNames: [names.signed, `*.${names.signed}`],
        distribution: { domainName: 'd1.cloudfront.net', hostedZoneId: 'Z2FDTNDATAQYW2' },
      },
      options,
    );
  });
  const records = Object.values(recorded.all(RECORD));
  expect(records.map(({ name, type }) => `${String(type)} ${String(name)}`)).toEqual([
    'A *.signed.images.food.example',
    'AAAA *.signed.images.food.example',
    'A signed.images.food.example',
    'AAAA signed.images.food.example',
  ]);
  expect(records[0]).not.toHaveProperty('allowOverwrite');
});

test.each([
  ['prod', true],
  ['dev', false],
] as const)(
  'what the hold has written into the parameter of %s is never put back',
  async (environment, protect) => {
    const recorded = await record(
      (options) => new ApplicationsParameter('parameter', { environment, protect }, options),
    );
    const parameter = recorded.find('aws:ssm/parameter:Parameter', 'parameter-document');
    expect(parameter.inputs).toMatchObject({
      name: `/storage/${environment}/applications`,
      type: 'String',
      tier: 'Advanced',
    });
    expect(JSON.stringify(parameter.inputs['value'])).toContain('undecided');
    expect(parameter.options).toMatchObject({
      protect,
      retainOnDelete: protect,
      ignoreChanges: ['value', 'insecureValue'],
    });
    await expect(valueOf(recorded.value.name)).resolves.toBe(`/storage/${environment}/applications`);
  },
);
