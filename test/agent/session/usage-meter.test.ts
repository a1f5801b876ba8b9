import { describe, expect, it } from 'vitest';
import { DocumentMeter } from '../../../src/agent/session/usage-meter.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';

function countsOf(text: string) {
  const meter = new DocumentMeter();
  const bytes = utf8(text);
  for (let at = 0; at < bytes.length; at += 65_536) meter.see(bytes.subarray(at, at + 65_536));
  return meter.counts();
}

const many = '0.12345678,'.repeat(500_000);
const document = (end: string) => `{"object":"list","data":[{"embedding":[${many}0]}]${end}`;
const usage = '"usage":{"prompt_tokens":7,"total_tokens":7,"details":{"a":1}}';

describe('the counts of an answer that nobody holds', () => {
  it('are read from its end', () => {
    const counted = { promptTokens: 7, completionTokens: 0, counted: true };
    expect(countsOf(document(`,${usage}}`))).toEqual(counted);
    expect(countsOf(document(`,"model":"m", ${usage} ,"id":"x"}\n`))).toEqual(counted);
  });

  it('are read from its beginning as well', () => {
    const counted = { promptTokens: 7, completionTokens: 0, counted: true };
    expect(countsOf(`{${usage},${document('}').slice(1)}`)).toEqual(counted);
  });

  it.each([
    ['deeper', `,"x":{${usage}}}`],
    ['in a text', `,"x":${JSON.stringify(`,${usage}}`)}}`],
    ['a text', `,"x":"usage"}`],
    ['cut off', `,${usage}`],
    ['nowhere', '}'],
  ])('are none where they stand otherwise: %s', (_name, end) => {
    expect(countsOf(document(end)).counted).toBe(false);
  });
});
