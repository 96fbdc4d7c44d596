import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { TypeText, type Member } from './type-text.ts';

/** What the SDK declares of a resource: what it takes and what it gives. */
export type ResourceDeclaration = { inputs: Member[]; outputs: Member[] };

/**
 * The declarations of an SDK in node_modules, read a type at a time: they say what the provider's schema says,
 * which is not to be had without the provider.
 */
export class Sdk {
  readonly #folder: string;
  readonly #resources = new Map<string, ResourceDeclaration | null>();
  readonly #objects = new Map<string, Member[] | null>();
  readonly #files = new Map<string, { text: string; starts: Map<string, number> }>();

  /** @param folder of the package, for example …/node_modules/@pulumi/aws */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @param file without its extension, in the package: `ec2/instance`
   * @param name of the class: `Instance`
   * Returns null where there is none.
   */
  resource(file: string, name: string): ResourceDeclaration | null {
    const key = `${file}:${name}`;
    let declaration = this.#resources.get(key);
    if (declaration === undefined) {
      declaration = this.#readResource(`${path.join(this.#folder, file)}.d.ts`, name);
      this.#resources.set(key, declaration);
    }
    return declaration;
  }

  /** The arguments of the provider itself. */
  providerInputs(): Member[] {
    return this.resource('provider', 'Provider')?.inputs ?? [];
  }

  /** The members of an interface such as `inputs.ec2.InstanceRootBlockDevice`; null where there is none. */
  object(reference: string): Member[] | null {
    let members = this.#objects.get(reference);
    if (members === undefined) {
      const [side, ...names] = reference.split('.');
      const { text, starts } = this.#types(side === 'outputs' ? 'output' : 'input');
      const start = starts.get(names.join('.'));
      members = start === undefined ? null : new TypeText(text, start).members();
      this.#objects.set(reference, members);
    }
    return members;
  }

  #readResource(file: string, name: string): ResourceDeclaration | null {
    if (!existsSync(file)) return null;
    const text = readFileSync(file, 'utf8');
    const members = (head: string) => {
      const start = text.indexOf(head);
      return start < 0 ? [] : new TypeText(text, text.indexOf('{', start) + 1).members();
    };
    return {
      inputs: members(`export interface ${name}Args `),
      outputs: members(`export declare class ${name} `),
    };
  }

  /** Where each interface of types/input.d.ts or types/output.d.ts begins. */
  #types(file: 'input' | 'output'): { text: string; starts: Map<string, number> } {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const text = readFileSync(path.join(this.#folder, 'types', `${file}.d.ts`), 'utf8');
    const starts = new Map<string, number>();
    const namespaces: { name: string; indent: number }[] = [];
    const head = /^( *)(?:export )?(?:declare )?(namespace|interface) (\w+) \{/gm;
    for (let found = head.exec(text); found !== null; found = head.exec(text)) {
      const [, space = '', what, name = ''] = found;
      while ((namespaces.at(-1)?.indent ?? -1) >= space.length) namespaces.pop();
      if (what === 'namespace') {
        namespaces.push({ name, indent: space.length });
      } else {
        starts.set([...namespaces.map((one) => one.name), name].join('.'), head.lastIndex);
      }
    }
    const types = { text, starts };
    this.#files.set(file, types);
    return types;
  }
}
