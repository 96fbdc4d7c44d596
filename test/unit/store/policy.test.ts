import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mergeStatements,
  parsePolicy,
  samePolicy,
  withoutStatements,
} from '../../../scripts/store/policy.ts';

const THEIRS = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const OURS = { Sid: 'Ours', Effect: 'Deny', Condition: { StringEquals: { 'a:b': '],}' } } };

/** As people write them, with blanks, without a Sid, with what JSON.stringify would write otherwise. */
const WRITTEN = `{
  "Version" : "2008-10-17",
  "Id": "the \\"Statement\\": [ of \u00fc ]",
  "Statement": [
    { "Sid": "Their\\u0073", "Effect": "Allow", "Principal": { "AWS": [ "123456789012" ] } } ,
    { "Effect": "Deny", "NotPrincipal": "*", "Condition": { "Bool": { "aws:SecureTransport": "false" } } }
  ]
}
`;

describe('a policy', () => {
  it('has our statements beside theirs, and is the same to the byte without them', () => {
    const merged = mergeStatements(WRITTEN, [OURS]);
    expect(parsePolicy(merged).Statement).toEqual([...parsePolicy(WRITTEN).Statement, OURS]);
    expect(withoutStatements(merged, ['Ours'])).toBe(WRITTEN);
  });

  it('has ours once, as they were put in last', () => {
    const merged = mergeStatements(mergeStatements(WRITTEN, [OURS, { Sid: 'Too' }]), [{ Sid: 'Ours', x: 1 }]);
    expect(parsePolicy(merged).Statement.slice(2)).toEqual([{ Sid: 'Too' }, { Sid: 'Ours', x: 1 }]);
    expect(withoutStatements(merged, ['Too', 'Ours'])).toBe(WRITTEN);
  });

  it('is gone with its last statement', () => {
    expect(withoutStatements(mergeStatements(null, [OURS]), ['Ours'])).toBeNull();
    expect(withoutStatements(null, ['Ours'])).toBeNull();
  });

  it('may have one statement without brackets, or none', () => {
    const single = JSON.stringify({ Statement: THEIRS, Version: '2012-10-17' });
    const merged = mergeStatements(single, [OURS]);
    expect(JSON.parse(merged)).toEqual({ Statement: [THEIRS, OURS], Version: '2012-10-17' });
    expect(JSON.parse(withoutStatements(merged, ['Ours']) ?? '')).toEqual({
      Statement: [THEIRS],
      Version: '2012-10-17',
    });
    expect(JSON.parse(mergeStatements('{"Statement":[ ]}', [OURS]))).toEqual({ Statement: [OURS] });
  });

  it('keeps all other bytes, wherever our statement is', () => {
    const statement = fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((value) => ({ ...value, Sid: undefined }));
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1 }),
        fc.nat({ max: 4 }),
        fc.nat(),
        (theirs, indent, place) => {
          const text = JSON.stringify({ Statement: theirs }, null, indent);
          expect(withoutStatements(mergeStatements(text, [OURS]), ['Ours'])).toBe(text);
          const at = place % (theirs.length + 1);
          const between = JSON.stringify({ Statement: [...theirs.slice(0, at), OURS, ...theirs.slice(at)] });
          expect(withoutStatements(between, ['Ours'])).toBe(JSON.stringify({ Statement: theirs }));
        },
      ),
    );
  });

  it('that is cut off is refused', () => {
    expect(() => mergeStatements('{"Statement":[{"Sid":"a"}', [OURS])).toThrow(/not whole/);
    expect(() => mergeStatements('{"Version":"2012-10-17"}', [OURS])).toThrow(/without "Statement"/);
  });
});

describe('two policies', () => {
  it('are the same as Amazon keeps them', () => {
    const sent = { Statement: [{ Sid: 'A', Action: ['s3:PutObject', 's3:GetObject'], Resource: ['r'] }] };
    const kept = { Statement: { Sid: 'A', Action: ['s3:GetObject', 's3:PutObject'], Resource: 'r' } };
    expect(samePolicy(JSON.stringify(sent), JSON.stringify(kept))).toBe(true);
  });

  it('are not when a statement is missing or says something else', () => {
    const one = mergeStatements(null, [OURS]);
    expect(samePolicy(one, mergeStatements(one, [{ Sid: 'B' }]))).toBe(false);
    expect(samePolicy(one, mergeStatements(one, [{ ...OURS, Effect: 'Allow' }]))).toBe(false);
    expect(samePolicy(one, null)).toBe(false);
    expect(samePolicy(null, null)).toBe(true);
  });
});
