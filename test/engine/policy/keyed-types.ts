import { readFile } from 'node:fs/promises';
import path from 'node:path';

const SDK = path.resolve(import.meta.dirname, '../../../node_modules/@pulumi/aws');

/** Inputs that name the key by which a type encrypts what it stores. */
const KEYS =
  /^ {4}(kmsKeyId|kmsKeyArn|kmsKey|kmsKeyIdentifier|kmsMasterKeyId|encryptionConfig|encryptionConfigurations?|serverSideEncryption|storageEncrypted|encrypted)\?: /m;

/** Whether a type of @pulumi/aws takes a key, by its SDK's inputs. */
export async function takesKey(type: string): Promise<boolean> {
  const [, file = '', name = ''] = /^aws:(\w+\/\w+):(\w+)$/.exec(type) ?? [];
  const declarations = await readFile(path.join(SDK, `${file}.d.ts`), 'utf8');
  const inputs = declarations.slice(declarations.indexOf(`export interface ${name}Args `));
  return KEYS.test(inputs);
}
