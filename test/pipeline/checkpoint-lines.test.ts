// The lines of a checkpoint keep any value as it was, on one line.

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { checkpointLine, checkpointRecord } from '../../packages/job/src/pipeline/checkpoint-lines.ts';

const leaf = fc.oneof(
  ...[fc.string(), fc.string({ unit: 'binary' }), fc.double(), fc.bigInt(), fc.boolean(), fc.date(), fc.constant(null), fc.constant(-0)],
  ...[fc.uint8Array().map(bytes => new Uint8Array(bytes)), fc.constant(undefined)],
);
const { value } = fc.letrec(tie => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, fc.array(tie('value')), tie('object')),
  object: fc.dictionary(
    fc.oneof(fc.string(), fc.constantFrom('$', 'date', '__proto__')),
    tie('value').filter(member => member !== undefined),
  ),
}));

test.prop([value], { numRuns: 500 })('a value comes back as it was', given => {
  const line = checkpointLine(given);
  expect(line).not.toMatch(/[\r\n]/);
  const back = checkpointRecord(line);
  expect(back).toEqual(given);
  expect(checkpointLine(back)).toBe(line);
});

test('members that are undefined are left out, as everywhere; what is no value is refused', () => {
  expect(checkpointRecord(checkpointLine({ a: undefined, $: 'date 5' }))).toStrictEqual({ $: 'date 5' });
  expect(checkpointRecord(checkpointLine([undefined, -0, Number.NaN]))).toStrictEqual([undefined, -0, Number.NaN]);
  expect(() => checkpointLine({ f: () => 1 })).toThrow('checkpoint: a function is no value');
});
