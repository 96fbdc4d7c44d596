import { isArchiveRule, isExpiryRule } from '../../contract/names.ts';
import type { BucketControl } from '../../store/control.ts';
import type { Entry } from '../../store/documents.ts';
import { StoreError } from '../../store/errors.ts';
import { childrenOf, parseXml, textOf, type XmlNode } from '../../store/xml.ts';
import { ARCHIVED } from '../common/compare-key.ts';
import { warning, type PreflightFinding } from './finding.ts';

/** The bucket's own rules, as far as these keys may read them: not every S3 has any. */
export async function checkRules(
  control: BucketControl,
  bucket: string,
  about: string,
): Promise<PreflightFinding[]> {
  try {
    return ruleFindings(about, await control.lifecycle(bucket));
  } catch (error) {
    if (error instanceof StoreError && (error.status === 501 || (error.status >= 400 && error.status < 500)))
      return [];
    throw error;
  }
}

/** What the rules that a customer's bucket has of its own will do to objects while the move is under way. */
export function ruleFindings(about: string, entries: readonly Entry[]): PreflightFinding[] {
  return entries
    .filter(({ id }) => id === undefined || !(isExpiryRule(id) || isArchiveRule(id)))
    .flatMap((entry) => messagesOf(entry).map((message) => warning(about, message)));
}

function messagesOf({ id, text }: Entry): string[] {
  const rule = parseXml(text, 'Rule');
  if (textOf(rule, 'Status') !== 'Enabled') return [];
  const name = `the bucket's own lifecycle rule ${id === undefined ? 'without a name' : JSON.stringify(id)}`;
  const which = objectsOf(rule);
  const expiries = childrenOf(rule, 'Expiration').flatMap((action) => whenOf(action) ?? []);
  const archives = childrenOf(rule, 'Transition').flatMap((action) => {
    const to = textOf(action, 'StorageClass') ?? '';
    return ARCHIVED.includes(to) ? [{ to, when: whenOf(action) ?? '0 days after they were written' }] : [];
  });
  return [
    ...expiries.map(
      (when) =>
        `${name} expires ${which} ${when}: until the cutover they go from the target too. Set the same rule on Ceph after the cutover`,
    ),
    ...archives.map(
      ({ to, when }) =>
        `${name} moves ${which} to ${to} ${when}, where they cannot be read: what it takes before it is copied does not move. Switch it off until the cutover`,
    ),
  ];
}

/** Null where an action is about something else than the age of objects, such as delete markers. */
function whenOf(action: XmlNode): string | null {
  const [days, date] = [textOf(action, 'Days'), textOf(action, 'Date')];
  if (days !== undefined) return `${days} days after they were written`;
  return date === undefined ? null : `on ${date.slice(0, 10)}`;
}

function objectsOf(rule: XmlNode): string {
  const [filter = ''] = childrenOf(rule, 'Filter');
  const [and = ''] = childrenOf(filter, 'And');
  const places = [rule, filter, and];
  const prefix = places.map((place) => textOf(place, 'Prefix')).find((found) => found !== undefined) ?? '';
  const tags = places.flatMap((place) => childrenOf(place, 'Tag'));
  const size = (name: string) => places.flatMap((place) => textOf(place, name) ?? []);
  const said = [
    ...(prefix === '' ? [] : [`with the prefix ${JSON.stringify(prefix)}`]),
    ...tags.map((tag) => `tagged ${textOf(tag, 'Key') ?? ''}=${textOf(tag, 'Value') ?? ''}`),
    ...size('ObjectSizeGreaterThan').map((bytes) => `of more than ${bytes} bytes`),
    ...size('ObjectSizeLessThan').map((bytes) => `of less than ${bytes} bytes`),
  ];
  return said.length === 0 ? 'all objects' : `objects ${said.join(' and ')}`;
}
