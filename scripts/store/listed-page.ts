import { StoreError } from './errors.ts';
import { compareKeys } from './keys.ts';
import { unquote, type ListedObject } from './object.ts';
import { childrenOf, parseXml, requiredText, textOf } from './xml.ts';

export type ListedPage = { objects: ListedObject[]; truncated: boolean };

const ROOT_END = '</ListBucketResult>';
const ENTRY = '<Contents>';
const ENTRY_END = '</Contents>';

/**
 * Reads a page of a listing. Documents as stores write them are read by looking for their few elements, which
 * takes a tenth of what a tree of them takes; any other is left to the parser.
 *
 * @throws StoreError when the document is no listing, or is cut off
 */
export function readListedPage(text: string): ListedPage {
  return readPlain(text) ?? readTree(text);
}

/** What makes a page impossible as the one that follows a key ('' is the beginning); null where it is in order. */
export function disorderOf(page: ListedPage, after: string): string | null {
  let previous = after;
  for (const { key } of page.objects) {
    if (previous !== '' && compareKeys(key, previous) <= 0) {
      return `${key} comes after ${previous}: not in key order`;
    }
    previous = key;
  }
  const isCut = page.truncated && page.objects.length === 0;
  return isCut ? `the page after ${after} is empty, and more should follow` : null;
}

/** Null where the document is not plainly a whole listing: one cut off in the middle is none. */
function readPlain(text: string): ListedPage | null {
  const end = text.lastIndexOf(ROOT_END);
  const isOdd = text.includes('<!') || text.includes('<Contents/>') || text.includes('<Contents ');
  if (end < 0 || isOdd || text.slice(end + ROOT_END.length).trim() !== '') return null;
  if (!text.slice(0, 200).includes('<ListBucketResult')) return null;
  const objects: ListedObject[] = [];
  let head = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf(ENTRY, at);
    head += text.slice(at, start < 0 ? end : start);
    if (start < 0) break;
    const stop = text.indexOf(ENTRY_END, start);
    if (stop < 0) return null;
    const entry = text.slice(start + ENTRY.length, stop);
    const [key, size, etag] = [valueOf(entry, 'Key'), valueOf(entry, 'Size'), valueOf(entry, 'ETag')];
    const lastModified = valueOf(entry, 'LastModified');
    if (key === null || size === null || etag === null || lastModified === null) return null;
    const storageClass = valueOf(entry, 'StorageClass');
    const object = { key, size: Number(size), etag: unquote(etag), lastModified: new Date(lastModified) };
    objects.push(storageClass === null ? object : { ...object, storageClass });
    at = stop + ENTRY_END.length;
  }
  const truncated = valueOf(head, 'IsTruncated');
  if (truncated === null) return null;
  if (valueOf(head, 'EncodingType') === 'url') {
    for (const object of objects) object.key = decodeKey(object.key);
  }
  return { objects, truncated: truncated === 'true' };
}

/** The text of the first element of this name, which has no attributes; null where there is none. */
function valueOf(text: string, name: string): string | null {
  const open = `<${name}>`;
  const start = text.indexOf(open);
  const end = start < 0 ? -1 : text.indexOf('</', start);
  if (end < 0 || !text.startsWith(`${name}>`, end + 2)) return null;
  const value = text.slice(start + open.length, end);
  return value.includes('&') ? unescapeXml(value) : value;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex as string, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return NAMED[name] ?? whole;
  });
}

function readTree(text: string): ListedPage {
  const page = parseXml(text, 'ListBucketResult');
  const decode = textOf(page, 'EncodingType') === 'url' ? decodeKey : (key: string) => key;
  const objects = childrenOf(page, 'Contents').map((entry) => {
    const storageClass = textOf(entry, 'StorageClass');
    return {
      key: decode(requiredText(entry, 'Key')),
      size: Number(requiredText(entry, 'Size')),
      etag: unquote(requiredText(entry, 'ETag')),
      lastModified: new Date(requiredText(entry, 'LastModified')),
      ...(storageClass !== undefined && { storageClass }),
    };
  });
  return { objects, truncated: requiredText(page, 'IsTruncated') === 'true' };
}

/** AWS form-encodes keys (`+` for a space), RGW percent-encodes them; both encode a plus as `%2B`. */
export function decodeKey(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new StoreError(`the store listed a key that is not UTF-8: ${text}`, {
      status: 0,
      code: 'MalformedAnswer',
      retryable: false,
    });
  }
}
