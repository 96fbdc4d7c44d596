import { XMLParser } from 'fast-xml-parser';
import { StoreError } from './errors.ts';

/** A parsed element: its text, or its children by name. */
export type XmlNode = string | { [name: string]: XmlNode | XmlNode[] };

// Nothing is trimmed or turned into numbers: a key may begin with a space or look like 007. Numeric
// entities need `htmlEntities`. The limit on expansions is for documents of strangers; a listing page
// of 1,000 keys rightly has thousands of &quot;.
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: Infinity, maxExpandedLength: Infinity },
});

/**
 * Parses an answer of a store and returns its root element.
 *
 * @throws StoreError when the document is not XML, is cut off, or has another root than `root`
 */
export function parseXml(text: string, root: string): XmlNode {
  let document: XmlNode;
  try {
    // Validating costs little and is what tells a page cut off in the middle from a short one.
    document = parser.parse(text, true) as XmlNode;
  } catch (error) {
    throw new StoreError(`The store answered a document that is not whole: ${String(error)}`, {
      status: 0,
      code: 'MalformedAnswer',
      cause: error,
    });
  }
  const found = typeof document === 'string' ? undefined : document[root];
  if (found === undefined || Array.isArray(found)) {
    throw new StoreError(`The store answered without <${root}>: ${text.slice(0, 200)}`, {
      status: 0,
      code: 'MalformedAnswer',
    });
  }
  return found;
}

/** The children with this name, none when there are none. */
export function childrenOf(node: XmlNode, name: string): XmlNode[] {
  const found = typeof node === 'string' ? undefined : node[name];
  return found === undefined ? [] : Array.isArray(found) ? found : [found];
}

/** The text of the first child with this name; undefined when there is none. */
export function textOf(node: XmlNode, name: string): string | undefined {
  const [first] = childrenOf(node, name);
  if (first === undefined || typeof first === 'string') {
    return first;
  }
  const text = first['#text'];
  return typeof text === 'string' ? text : '';
}

/** The text of a child that must be there. */
export function requiredText(node: XmlNode, name: string): string {
  const text = textOf(node, name);
  if (text === undefined) {
    throw new StoreError(`The store answered without <${name}>`, { status: 0, code: 'MalformedAnswer' });
  }
  return text;
}

/** Escapes text for an element. Control characters become references, or the store would not read them. */
export function escapeXml(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex
    /[&<>"'\u0000-\u001f\u007f]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
