/** A type as the SDK's declarations write it, without `pulumi.Input`, `pulumi.Output` and the like around it. */
export type TypeNode =
  | { kind: 'string' | 'number' | 'boolean' | 'undefined' | 'any' }
  | { kind: 'literal'; value: string | number | boolean }
  | { kind: 'list'; item: TypeNode }
  | { kind: 'map'; value: TypeNode }
  | { kind: 'object'; members: Member[] }
  /** An interface of types/input.d.ts or types/output.d.ts: `inputs.ec2.InstanceRootBlockDevice`. */
  | { kind: 'reference'; name: string }
  | { kind: 'union'; of: TypeNode[] };

export type Member = { name: string; optional: boolean; type: TypeNode; documentation: string };

const TRANSPARENT = new Set(['pulumi.Input', 'pulumi.Output', 'Promise', 'pulumi.UnwrappedObject']);

/**
 * Reads the declarations that Pulumi's code generator writes: a small and regular part of TypeScript. What
 * it does not know becomes `any`, which every value fits.
 */
export class TypeText {
  readonly #text: string;
  #at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  /** The members of an interface or class, from behind its `{` to its `}`. Methods are left out. */
  members(): Member[] {
    const members: Member[] = [];
    for (;;) {
      const documentation = this.#documentation();
      if (this.#eat('}') || this.#at >= this.#text.length) return members;
      this.#eatWord('readonly');
      const name = this.#name();
      const optional = this.#eat('?');
      if (name === null || !this.#eat(':')) {
        this.#skipStatement();
        continue;
      }
      members.push({ name, optional, type: this.type(), documentation });
      this.#eat(';');
    }
  }

  type(): TypeNode {
    this.#eat('|');
    const of = [this.#postfix()];
    while (this.#eat('|')) of.push(this.#postfix());
    const [first, ...others] = of;
    return others.length === 0 && first !== undefined ? first : { kind: 'union', of };
  }

  #postfix(): TypeNode {
    let type = this.#primary();
    while (this.#eat('[]')) type = { kind: 'list', item: type };
    return type;
  }

  #primary(): TypeNode {
    if (this.#eat('(')) {
      const type = this.type();
      this.#eat(')');
      return type;
    }
    if (this.#eat('{')) return this.#braces();
    const literal = this.#match(/"([^"]*)"|(-?\d+)(?![\w.])/y);
    if (literal !== null) {
      return { kind: 'literal', value: literal[2] === undefined ? (literal[1] ?? '') : Number(literal[2]) };
    }
    const name = this.#match(/[\w$]+(?:\.[\w$]+)*/y)?.[0] ?? '';
    const argument = this.#eat('<') ? this.#arguments() : undefined;
    if (TRANSPARENT.has(name) && argument !== undefined) return argument;
    return named(name);
  }

  /** The first of a list of type arguments. */
  #arguments(): TypeNode {
    const first = this.type();
    while (this.#eat(',')) this.type();
    this.#eat('>');
    return first;
  }

  #braces(): TypeNode {
    if (!this.#eat('[')) return { kind: 'object', members: this.members() };
    this.#match(/[^\]]*\]\s*:/y);
    const value = this.type();
    this.#eat(';');
    this.#eat('}');
    return { kind: 'map', value };
  }

  #name(): string | null {
    const found = this.#match(/"([^"]+)"|([\w$]+)/y);
    return found === null ? null : (found[1] ?? found[2] ?? null);
  }

  #documentation(): string {
    let text = '';
    for (
      let found = this.#match(/\/\*\*[^]*?\*\//y);
      found !== null;
      found = this.#match(/\/\*\*[^]*?\*\//y)
    ) {
      text = found[0]
        .slice(3, -2)
        .replaceAll(/\s*\n\s*\*\s?/g, ' ')
        .trim();
    }
    return text;
  }

  /** Past a method, to the `;` that ends it: their types hold no other statement. */
  #skipStatement(): void {
    const end = this.#text.indexOf(';\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
  }

  #eat(text: string): boolean {
    this.#skipSpace();
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #eatWord(word: string): void {
    this.#match(new RegExp(`${word}\\s+`, 'y'));
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #skipSpace(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }
}

function named(name: string): TypeNode {
  switch (name) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'undefined':
      return { kind: name };
    case 'true':
    case 'false':
      return { kind: 'literal', value: name === 'true' };
    default:
      return /^(inputs|outputs)\./.test(name) ? { kind: 'reference', name } : { kind: 'any' };
  }
}
