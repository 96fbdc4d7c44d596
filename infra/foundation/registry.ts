import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ServiceRole, type IamStatement } from './iam.ts';
import type { EncryptionKey } from './keys.ts';
import { protection, type Protection } from './protection.ts';

/** Public registries that need no account, by the prefix that their images get in ours. */
const UPSTREAMS = { quay: 'quay.io', kubernetes: 'registry.k8s.io', public: 'public.ecr.aws' } as const;
type Upstream = keyof typeof UPSTREAMS;

export type RegistryArgs = Protection & {
  environment: string;
  account: string;
  region: string;
  /** `keys.kubernetes`: encrypts every image. */
  key: EncryptionKey;
  /**
   * Names of repositories for images of our own, each `ENVIRONMENT/NAME`. A tag can be pushed once, and each
   * image is scanned when it is pushed.
   */
  repositories: readonly string[];
};

/**
 * The account's own registry: repositories for our images, and a cache of public ones, so that nodes pull
 * from the region, and go on when a public registry is away or has limits.
 *
 * The very first pull of an image must be made from where the internet is reached (a CI runner); nodes
 * behind private endpoints cannot make it, only every later one:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
 */
export class Registry extends pulumi.ComponentResource {
  /** Addresses of our own repositories by name: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/ENVIRONMENT/NAME`. */
  readonly repositoryUrls: Readonly<Record<string, pulumi.Output<string>>>;
  /** Patterns of the ARNs of the cache's repositories; the first pull of an image makes its own. */
  readonly repositoryArns: readonly string[];
  /** Pattern of the ARNs of our own. */
  private readonly ownArns: string;
  private readonly host: string;
  private readonly rules: Readonly<Record<Upstream, aws.ecr.PullThroughCacheRule>>;

  constructor(name: string, args: RegistryArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:registry:Registry', name, {}, options);
    const encryption = [{ encryptionType: 'KMS', kmsKey: args.key.arn }];
    this.host = `${args.account}.dkr.ecr.${args.region}.amazonaws.com`;
    const arn = `arn:aws:ecr:${args.region}:${args.account}:repository/${args.environment}`;
    this.ownArns = `${arn}/*`;
    this.repositoryArns = Object.keys(UPSTREAMS).map((upstream) => `${arn}-${upstream}/*`);

    // https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-custom.html
    const creator = new ServiceRole(
      `${name}-creator`,
      {
        service: 'ecr.amazonaws.com',
        description: 'Creates repositories for images that are pulled through the cache',
        statements: [
          {
            Sid: 'Repositories',
            Action: ['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource'],
            Resource: [...this.repositoryArns],
          },
          {
            Sid: 'Encryption',
            Action: ['kms:CreateGrant', 'kms:DescribeKey', 'kms:RetireGrant'],
            Resource: [args.key.arn],
          },
        ],
      },
      { parent: this },
    );
    const cache = (upstream: Upstream): aws.ecr.PullThroughCacheRule => {
      const prefix = `${args.environment}-${upstream}`;
      const template = new aws.ecr.RepositoryCreationTemplate(
        `${name}-${upstream}`,
        {
          prefix,
          description: `Images of ${UPSTREAMS[upstream]}`,
          appliedFors: ['PULL_THROUGH_CACHE'],
          customRoleArn: creator.arn,
          encryptionConfigurations: encryption,
          // The cache follows tags that move upstream; pin an image by its digest.
          imageTagMutability: 'MUTABLE',
        },
        { parent: this },
      );
      return new aws.ecr.PullThroughCacheRule(
        `${name}-${upstream}`,
        { ecrRepositoryPrefix: prefix, upstreamRegistryUrl: UPSTREAMS[upstream] },
        // A repository that is made before its template has none of the template's settings, for ever.
        { parent: this, dependsOn: template },
      );
    };
    this.rules = { quay: cache('quay'), kubernetes: cache('kubernetes'), public: cache('public') };

    this.repositoryUrls = Object.fromEntries(
      args.repositories.map((repository) => [
        repository,
        new aws.ecr.Repository(
          `${name}-${repository}`,
          {
            name: `${args.environment}/${repository}`,
            imageTagMutability: 'IMMUTABLE',
            imageScanningConfiguration: { scanOnPush: true },
            encryptionConfigurations: encryption,
            forceDelete: false,
          },
          { parent: this, ...protection(args) },
        ).repositoryUrl,
      ]),
    );
    this.registerOutputs({ repositoryUrls: this.repositoryUrls });
  }

  /**
   * Where the cache serves a public image.
   *
   * @param image with its registry's name: `quay.io/ceph/ceph@sha256:…`
   * @throws InputPropertyError for a registry that is not cached
   */
  pullThrough(image: string): pulumi.Output<string> {
    const slash = image.indexOf('/');
    const host = image.slice(0, Math.max(slash, 0));
    for (const upstream of Object.keys(UPSTREAMS) as Upstream[]) {
      if (UPSTREAMS[upstream] !== host) continue;
      return this.rules[upstream].ecrRepositoryPrefix.apply(
        (prefix) => `${this.host}/${prefix}/${image.slice(slash + 1)}`,
      );
    }
    throw new pulumi.InputPropertyError({
      propertyPath: 'image',
      reason: `is "${image}"; images are cached of ${Object.values(UPSTREAMS).join(', ')}, such as quay.io/ceph/ceph@sha256:…`,
    });
  }

  /** What a node's role must be allowed to pull our images and, through the cache, public ones. */
  pullStatements(): IamStatement[] {
    return [
      { Sid: 'RegistryToken', Action: ['ecr:GetAuthorizationToken'], Resource: ['*'] },
      {
        Sid: 'PullImages',
        Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        Resource: [...this.repositoryArns, this.ownArns],
      },
      {
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html
        Sid: 'FillTheCache',
        Action: ['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'],
        Resource: [...this.repositoryArns],
      },
    ];
  }
}
