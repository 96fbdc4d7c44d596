import { readFile } from 'node:fs/promises';
import path from 'node:path';

const SDK = path.resolve(import.meta.dirname, '../../../node_modules/@pulumi/aws');

/** Inputs by which a type is told which key it encrypts what it stores with. */
const KEYS =
  /^ {4}(kmsKeyId|kmsKeyArn|kmsKey|kmsKeyIdentifier|kmsMasterKeyId|encryptionConfig|encryptionConfigurations?|serverSideEncryption|storageEncrypted|encrypted)\?: /m;

/** Whether a type of @pulumi/aws is told a key, by what its SDK says of its inputs. */
export async function takesKey(type: string): Promise<boolean> {
  const [, file = '', name = ''] = /^aws:(\w+\/\w+):(\w+)$/.exec(type) ?? [];
  const declarations = await readFile(path.join(SDK, `${file}.d.ts`), 'utf8');
  const inputs = declarations.slice(declarations.indexOf(`export interface ${name}Args `));
  return KEYS.test(inputs);
}
