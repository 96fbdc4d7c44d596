import { describe, expect, it } from 'vitest';
import { decodeAnswer, encodeCall, Fault } from '../../../../scripts/platform/supervisor/xml-rpc.ts';

const answer = (value: string) =>
  `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n</methodResponse>\n`;

describe('XML-RPC', () => {
  it('encodes a call', () => {
    expect(encodeCall('supervisor.startProcessGroup', ['a<b&c', true])).toBe(
      '<?xml version="1.0"?><methodCall><methodName>supervisor.startProcessGroup</methodName><params>' +
        '<param><value><string>a&lt;b&amp;c</string></value></param>' +
        '<param><value><boolean>1</boolean></value></param></params></methodCall>',
    );
  });

  it('decodes what supervisord answers', () => {
    const struct =
      '<struct>\n<member>\n<name>pid</name>\n<value><int>12</int></value>\n</member>\n' +
      '<member>\n<name>description</name>\n<value><string>a &lt;b&gt;</string></value>\n</member>\n</struct>';
    expect(decodeAnswer(answer(`<array><data>\n<value>${struct}</value>\n</data></array>`))).toEqual([
      { pid: 12, description: 'a <b>' },
    ]);
    expect(decodeAnswer(answer('<array><data>\n</data></array>'))).toEqual([]);
    expect(decodeAnswer(answer('<boolean>1</boolean>'))).toBe(true);
    expect(decodeAnswer(answer('<string></string>'))).toBe('');
  });

  it('throws what the server refuses', () => {
    const fault =
      '<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>10</int></value></member>' +
      '<member><name>faultString</name><value><string>BAD_NAME: x</string></value></member></struct></value></fault></methodResponse>';
    expect(() => decodeAnswer(fault)).toThrow(new Fault(10, 'BAD_NAME: x'));
  });
});
