// What a key is to the tests: arbitrary keys, and the order of keys written down a second time, on JavaScript values,
// so that the bytes of the codec have something independent to agree with.

import fc from 'fast-check';

export type Key = null | boolean | number | bigint | string | Date | Uint8Array | readonly Key[];

const typeOrder = ['null', 'boolean', 'number', 'bigint', 'string', 'date', 'bytes', 'tuple'];

function typeOf(key: Key): string {
  if (key === null) return 'null';
  if (key instanceof Date) return 'date';
  if (key instanceof Uint8Array) return 'bytes';
  return Array.isArray(key) ? 'tuple' : typeof key;
}

/** Negative, 0 or positive, as the contract orders keys: type, then value; −0 is 0; strings by code points, as UTF-8 does. */
export function compareKeys(a: Key, b: Key): number {
  const type = typeOf(a);
  if (type !== typeOf(b)) return typeOrder.indexOf(type) - typeOrder.indexOf(typeOf(b));
  switch (type) {
    case 'null':
      return 0;
    case 'boolean':
    case 'date':
      return Number(a) - Number(b);
    case 'string':
      return compareLists(codePoints(a as string), codePoints(b as string), compareScalars);
    case 'bytes':
      return compareLists([...(a as Uint8Array)], [...(b as Uint8Array)], compareScalars);
    case 'tuple':
      return compareLists(a as readonly Key[], b as readonly Key[], compareKeys);
    default:
      return compareScalars(a as number | bigint, b as number | bigint);
  }
}

function codePoints(text: string): number[] {
  return Array.from(text, character => character.codePointAt(0) as number);
}

function compareScalars(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compare(a[i] as T, b[i] as T);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

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
