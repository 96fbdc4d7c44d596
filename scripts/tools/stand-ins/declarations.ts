import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type ts from 'typescript';

// An import would have Node look through its nine megabytes for what it exports.
const typescript = createRequire(import.meta.url)('typescript') as typeof ts;

/** A type without `pulumi.Input`, `pulumi.Output` and the like around it. Every value fits `any`. */
export type Type =
  | { kind: 'string' | 'number' | 'boolean' | 'any' }
  | { kind: 'literal'; value: string | number | boolean }
  | { kind: 'list'; item: Type }
  | { kind: 'map'; value: Type }
  | { kind: 'object'; members: () => readonly Member[] }
  | { kind: 'union'; of: Type[] };

export type Member = { name: string; optional: boolean; type: Type };

/** What the SDK declares of a resource: what it takes and what it gives. */
export type Declaration = { inputs: readonly Member[]; outputs: readonly Member[] };

const TRANSPARENT = new Set(['pulumi.Input', 'pulumi.Output']);

/**
 * The declarations of an SDK in node_modules, read a type at a time: they say what the provider's schema says,
 * and the schema comes only with the provider.
 */
export class Sdk {
  readonly folder: string;
  readonly #texts = new Map<string, string>();
  readonly #resources = new Map<string, Declaration | null>();
  readonly #interfaces = new Map<string, readonly Member[]>();

  /** @param name of the package, for example `@pulumi/aws` */
  constructor(name: string) {
    this.folder = path.resolve(import.meta.dirname, '../../../node_modules', name);
  }

  /**
   * @param file without its extension, in the package: `ec2/instance`
   * @param name of the class: `Instance`
   * Returns null where there is none.
   */
  resource(file: string, name: string): Declaration | null {
    let declaration = this.#resources.get(file);
    if (declaration === undefined) {
      const whole = path.join(this.folder, `${file}.d.ts`);
      const declared = existsSync(whole)
        ? this.#declared(readFileSync(whole, 'utf8'))
        : new Map<string, Member[]>();
      const outputs = declared.get(name);
      declaration = outputs === undefined ? null : { inputs: declared.get(`${name}Args`) ?? [], outputs };
      this.#resources.set(file, declaration);
    }
    return declaration;
  }

  /** The arguments of the provider itself. */
  providerInputs(): readonly Member[] {
    return this.resource('provider', 'Provider')?.inputs ?? [];
  }

  /** The members of an interface such as `inputs.ec2.InstanceRootBlockDevice`. */
  #interface(reference: string): readonly Member[] {
    const known = this.#interfaces.get(reference);
    if (known !== undefined) return known;
    const [side, ...namespaces] = reference.split('.');
    const name = namespaces.pop() ?? '';
    // The files have megabytes: only this interface is parsed.
    const text = this.#namespace(side === 'outputs' ? 'output' : 'input', namespaces);
    const start = text.indexOf(`interface ${name} {\n`);
    const end = text.indexOf(`\n${'    '.repeat(namespaces.length)}}\n`, start);
    const members = start < 0 ? [] : (this.#declared(`${text.slice(start, end)}\n}`).get(name) ?? []);
    this.#interfaces.set(reference, members);
    return members;
  }

  /** What is in a namespace of types/input.d.ts or types/output.d.ts, and what follows. */
  #namespace(file: string, names: readonly string[]): string {
    const key = [file, ...names].join('.');
    let text = this.#texts.get(key);
    if (text === undefined) {
      const last = names.at(-1);
      if (last === undefined) {
        text = readFileSync(path.join(this.folder, 'types', `${file}.d.ts`), 'utf8');
      } else {
        const around = this.#namespace(file, names.slice(0, -1));
        text = around.slice(around.indexOf(`namespace ${last} {\n`));
      }
      this.#texts.set(key, text);
    }
    return text;
  }

  /** The members of the interfaces and classes in a text, by name. */
  #declared(text: string): Map<string, Member[]> {
    const { statements } = typescript.createSourceFile('.d.ts', text, {
      languageVersion: typescript.ScriptTarget.Latest,
      jsDocParsingMode: typescript.JSDocParsingMode.ParseNone,
    });
    return new Map(
      statements.flatMap((node) =>
        (typescript.isInterfaceDeclaration(node) || typescript.isClassDeclaration(node)) &&
        node.name !== undefined
          ? [[node.name.text, this.#read(node.members)] as const]
          : [],
      ),
    );
  }

  #read(nodes: readonly ts.Node[]): Member[] {
    return nodes.flatMap((node) => {
      if (!typescript.isPropertySignature(node) && !typescript.isPropertyDeclaration(node)) return [];
      const { name, type, questionToken } = node;
      if (type === undefined || !(typescript.isIdentifier(name) || typescript.isStringLiteral(name)))
        return [];
      const optional = questionToken !== undefined || takesUndefined(type);
      return [{ name: name.text, optional, type: this.#type(type) }];
    });
  }

  #type(node: ts.TypeNode): Type {
    if (typescript.isParenthesizedTypeNode(node)) return this.#type(node.type);
    if (typescript.isArrayTypeNode(node)) return { kind: 'list', item: this.#type(node.elementType) };
    if (typescript.isUnionTypeNode(node)) {
      const of = node.types
        .filter((one) => one.kind !== typescript.SyntaxKind.UndefinedKeyword)
        .map((one) => this.#type(one));
      return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'union', of };
    }
    if (typescript.isTypeLiteralNode(node)) {
      const index = node.members.find(typescript.isIndexSignatureDeclaration);
      if (index !== undefined) return { kind: 'map', value: this.#type(index.type) };
      const members = this.#read(node.members);
      return { kind: 'object', members: () => members };
    }
    if (typescript.isLiteralTypeNode(node)) return literal(node.literal);
    if (typescript.isTypeReferenceNode(node)) {
      const name = entityName(node.typeName);
      const argument = node.typeArguments?.[0];
      if (TRANSPARENT.has(name) && argument !== undefined) return this.#type(argument);
      return /^(inputs|outputs)\./.test(name)
        ? { kind: 'object', members: () => this.#interface(name) }
        : { kind: 'any' };
    }
    switch (node.kind) {
      case typescript.SyntaxKind.StringKeyword:
        return { kind: 'string' };
      case typescript.SyntaxKind.NumberKeyword:
        return { kind: 'number' };
      case typescript.SyntaxKind.BooleanKeyword:
        return { kind: 'boolean' };
      default:
        return { kind: 'any' };
    }
  }
}

/** Whether `undefined` is one of those in a union, however deep in `pulumi.Input<…>`. */
function takesUndefined(node: ts.TypeNode): boolean {
  if (typescript.isUnionTypeNode(node)) return node.types.some(takesUndefined);
  if (typescript.isTypeReferenceNode(node) && TRANSPARENT.has(entityName(node.typeName))) {
    return node.typeArguments?.[0] !== undefined && takesUndefined(node.typeArguments[0]);
  }
  return node.kind === typescript.SyntaxKind.UndefinedKeyword;
}

function literal(node: ts.LiteralTypeNode['literal']): Type {
  if (typescript.isStringLiteral(node)) return { kind: 'literal', value: node.text };
  if (typescript.isNumericLiteral(node)) return { kind: 'literal', value: Number(node.text) };
  const { kind } = node;
  if (kind === typescript.SyntaxKind.TrueKeyword || kind === typescript.SyntaxKind.FalseKeyword) {
    return { kind: 'literal', value: kind === typescript.SyntaxKind.TrueKeyword };
  }
  return { kind: 'any' };
}

function entityName(name: ts.EntityName): string {
  return typescript.isIdentifier(name) ? name.text : `${entityName(name.left)}.${name.right.text}`;
}
