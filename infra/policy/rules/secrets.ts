import { byType, type ResourceRule } from '../rule.ts';
import { block, isGiven, isTrue, text } from '../values.ts';

const SECRET_NAME = /password|passwd|secret_?(access_?)?key|token$|private_?key/i;
/** Names and places of secrets are none. */
const REFERENCE = /^(arn:|\/|ssm:|secretsmanager:|https?:)/;

/** Secrets are made where they are used, and read when they are needed. They are in no configuration or state. */
export const secrets: ResourceRule = {
  name: 'secrets',
  description: 'No password or key is an input of a resource: the state would hold it.',
  severity: 'critical',
  remedy: 'Let AWS make it (manageMasterUserPassword), or the host that needs it, into Secrets Manager.',
  check: byType({
    'aws:rds/cluster:Cluster': (props) => [
      isGiven(props['masterPassword']) && 'masterPassword is given',
      !isTrue(props['manageMasterUserPassword']) && 'manageMasterUserPassword must be true',
    ],
    'aws:rds/instance:Instance': (props) => [isGiven(props['password']) && 'password is given'],
    'aws:secretsmanager/secretVersion:SecretVersion': (props) => [
      (isGiven(props['secretString']) || isGiven(props['secretBinary'])) &&
        'writes a secret that the state then holds, too',
    ],
    'aws:ssm/parameter:Parameter': (props) => [
      props['type'] === 'SecureString' &&
        isGiven(props['value']) &&
        'writes a secret that the state then holds, too',
    ],
    'aws:lambda/function:Function': (props) =>
      Object.entries(block(block(props['environment'])['variables'])).map(
        ([name, value]) =>
          SECRET_NAME.test(name) &&
          !REFERENCE.test(text(value)) &&
          `environment.variables.${name} looks like a secret: pass the name of the one in Secrets Manager`,
      ),
    'kubernetes:core/v1:Secret': (props) => [
      (isGiven(props['data']) || isGiven(props['stringData'])) &&
        'holds a secret: mount it from Secrets Manager, or let the pod read it',
    ],
  }),
};
