// Arbitrary keys for property tests, the borders of the encoding among them.

import fc from 'fast-check';
import type { Key } from '../../oracle/key-order.ts';

/** Characters at the borders of the encoding: what is escaped, each length of UTF-8, both sides of the surrogates. */
const borderCharacters = [
  '\u0000',
  '\u0001',
  '\u0002',
  'a',
  '\u007f',
  '\u0080',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
];
const borderNumbers = [0, -0, 1, -1, 0.1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE];
const borderBigints = [
  0n,
  1n,
  -1n,
  255n,
  256n,
  -255n,
  -256n,
  2n ** 64n,
  1n << 1007n,
  (1n << 1008n) - 1n,
  1n << 1008n,
  -(1n << 1008n),
  1n << 70_000n,
];

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...borderCharacters), maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 8 }),
);
const number = fc.oneof(fc.constantFrom(...borderNumbers), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const bigint = fc.oneof(fc.constantFrom(...borderBigints), fc.bigInt({ min: -70_000n, max: 70_000n }), fc.bigInt());
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.constantFrom(0, 1, 2, 255), { maxLength: 5 }).map(list => Uint8Array.from(list)),
);

/** Any key, nested tuples among them. */
export const anyKey: fc.Arbitrary<Key> = fc.letrec<{ key: Key }>(tie => ({
  key: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number,
    bigint,
    text,
    fc.date({ noInvalidDate: true }),
    bytes,
    fc.array(tie('key'), { maxLength: 3 }),
  ),
})).key;
