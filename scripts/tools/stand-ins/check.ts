import { pathText, type Path } from './changes.ts';
import type { Member, Type } from './declarations.ts';
import type { Failure } from './provider.ts';
import { isMap, plain, UNKNOWN, withoutMarks, type Wire } from './wire.ts';

/**
 * What is wrong with inputs, held against what the SDK declares: inputs that do not exist, required ones that
 * are missing, values of another kind, as deep as the declarations go.
 * @param type of the resource, for the messages
 */
export function checkInputs(type: string, members: readonly Member[], inputs: Wire): Failure[] {
  return checkMembers(members, withoutMarks(plain(inputs) as Wire), []);

  function checkMembers(declared: readonly Member[], given: Wire, path: Path): Failure[] {
    const where = path.length === 0 ? type : `${pathText(path)} of ${type}`;
    const missing = declared
      .filter(({ name, optional }) => !optional && given[name] === undefined)
      .map(({ name }) => ({
        property: pathText([...path, name]),
        reason: `${where} needs "${name}"; given were: ${Object.keys(given).sort().join(', ') || 'none'}.`,
      }));
    const wrong = Object.entries(given).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const member = declared.find((one) => one.name === name);
      if (member !== undefined) return checkValue(member.type, value, [...path, name]);
      const names = declared.map((one) => one.name).sort();
      const reason = `${where} has no "${name}" (given: ${brief(value)}); it has: ${names.join(', ')}.`;
      return [{ property: pathText([...path, name]), reason }];
    });
    return [...missing, ...wrong];
  }

  function checkValue(declared: Type, value: unknown, path: Path): Failure[] {
    if (value === UNKNOWN || value === null) return [];
    const expected = (what: string, is: boolean): Failure[] => {
      const reason = `${pathText(path)} of ${type} must be ${what}; given: ${brief(value)}.`;
      return is ? [] : [{ property: pathText(path), reason }];
    };
    switch (declared.kind) {
      case 'any':
        return [];
      case 'union':
        // The alternative with the fewest failures is what was meant.
        return (
          declared.of.map((one) => checkValue(one, value, path)).sort((a, b) => a.length - b.length)[0] ?? []
        );
      case 'object':
        return isMap(value) ? checkMembers(declared.members(), value, path) : expected('a map', false);
      case 'list':
        return Array.isArray(value)
          ? value.flatMap((item, index) => checkValue(declared.item, item, [...path, index]))
          : expected('a list', false);
      case 'map':
        return isMap(value)
          ? Object.entries(value).flatMap(([name, part]) => checkValue(declared.value, part, [...path, name]))
          : expected('a map', false);
      case 'literal':
        return expected(JSON.stringify(declared.value), value === declared.value);
      // As the real providers do, text is taken for the number or boolean in it, and these for their text.
      case 'string':
        return expected('a string', typeof value !== 'object');
      case 'number':
        return expected('a number', typeof value === 'number' || isNumber(value));
      case 'boolean':
        return expected('true or false', typeof value === 'boolean' || value === 'true' || value === 'false');
    }
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !isNaN(Number(value));
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
