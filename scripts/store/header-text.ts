/**
 * Header values as text. Over the wire they are bytes, most often UTF-8: RGW passes on the bytes it was
 * given; Amazon S3 answers non-ASCII metadata in RFC 2047's form, which is kept as it is. Bytes that are
 * not UTF-8 become lone surrogates (byte 0xNN is U+DCNN), so that every value goes round exactly.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** From the bytes on the wire, given as latin1 text. */
export function decodeHeader(wire: string): string {
  // eslint-disable-next-line no-control-regex
  if (/^[\x00-\x7f]*$/.test(wire)) {
    return wire;
  }
  try {
    return strict.decode(Buffer.from(wire, 'latin1'));
  } catch {
    return wire.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
  }
}

/** To the bytes on the wire, as latin1 text. */
export function encodeHeader(text: string): string {
  let wire = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    wire +=
      code >= 0xdc80 && code <= 0xdcff
        ? String.fromCharCode(code - 0xdc00)
        : code < 0x80
          ? character
          : Buffer.from(character, 'utf8').toString('latin1');
  }
  return wire;
}
