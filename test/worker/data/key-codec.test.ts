// Keys: the order and the identity of the encoded bytes are those of the contract, for single keys and for parts that
// stand behind one another, ascending and descending; every refusal says what it refuses and where.

import { limits } from '@sheaf/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadKey, KeyTooLarge } from '../../../packages/worker/src/data/bad-key.ts';
import { compareBytes } from '../../../packages/worker/src/data/compare.ts';
import {
  decodeKey,
  decodeKeyDescending,
  encodeAsciiKey,
  encodeKey,
  encodeTextKey,
  invertBytes,
  keyEnd,
  keyEndDescending,
} from '../../../packages/worker/src/data/key-codec.ts';
import { compareKeys, type Key, normalKey } from '../../oracle/key-order.ts';
import { anyKey } from './keys.ts';

const room = 200_000;
const memory = new Uint8Array(room);

function encoded(key: unknown): Uint8Array {
  return memory.slice(7, encodeKey(key, memory, 7, room));
}

function compare(a: Uint8Array, b: Uint8Array): number {
  return compareBytes(a, 0, a.length, b, 0, b.length);
}

interface Part {
  readonly key: Key;
  readonly desc: boolean;
}

function encodedParts(parts: readonly Part[]): Uint8Array {
  let at = 0;
  for (const { key, desc } of parts) {
    const end = encodeKey(key, memory, at, room);
    if (desc) invertBytes(memory, at, end);
    at = end;
  }
  return memory.slice(0, at);
}

function message(key: unknown): string {
  try {
    encodeKey(key, memory, 0, room);
  } catch (error) {
    expect(error).toBeInstanceOf(BadKey);
    return (error as BadKey).message.split(';')[0] as string;
  }
  throw new Error('the key was not refused');
}

describe('order and identity', () => {
  test('bytes compare as keys do, and equal bytes are equal keys', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compare(encoded(a), encoded(b)))).toBe(Math.sign(compareKeys(a, b)));
      }),
      { numRuns: 5000 },
    );
  });

  test('numbers are ordered up to their neighbours, bigints beyond any machine word', () => {
    const numbers = [-Number.MAX_VALUE, -(2 ** 53) - 2, -(2 ** 53), -1.5, -Number.MIN_VALUE, 0, Number.MIN_VALUE, 1, 1 + Number.EPSILON];
    const bigints = [-(10n ** 400n), -(2n ** 64n), -256n, -255n, -1n, 0n, 1n, 255n, 256n, 2n ** 64n, 10n ** 400n];
    for (const list of [numbers, bigints]) {
      const all = list.map(encoded);
      for (let i = 1; i < all.length; i++) expect(compare(all[i - 1] as Uint8Array, all[i] as Uint8Array)).toBeLessThan(0);
    }
  });

  test('5, 5n and "5" are three keys, −0 and 0 are one', () => {
    expect(new Set([5, 5n, '5', [5], ['5']].map(key => Buffer.from(encoded(key)).toString('hex'))).size).toBe(5);
    expect(encoded(-0)).toEqual(encoded(0));
  });

  test('one key of each type, in the order of types', () => {
    const keys = [
      null,
      false,
      true,
      -1,
      1e300,
      -1n,
      10n ** 30n,
      '',
      'z',
      new Date(0),
      new Uint8Array(0),
      new Uint8Array([255]),
      [],
      [null],
      [[]],
    ];
    const sorted = [...keys].reverse().sort((a, b) => compare(encoded(a), encoded(b)));
    expect(sorted).toEqual(keys);
  });

  test('the bytes are pinned', () => {
    const hex = (key: unknown): string => Buffer.from(encoded(key)).toString('hex');
    expect(hex('ab')).toBe('50616200');
    expect(hex('a\u0000\u0001')).toBe('5061' + '0101' + '0102' + '00');
    expect(hex(1)).toBe('30bff0000000000000');
    expect(hex(-1)).toBe('30400fffffffffffff');
    expect(hex(258n)).toBe('40820102');
    expect(hex(-258n)).toBe('407dfefd');
    expect(hex([null, [true]])).toBe('8010802100' + '00');
    expect(hex(new Date(1))).toBe('60bff0000000000000');
    expect(hex(new Uint8Array([0, 9]))).toBe('700101' + '0900');
  });
});

describe('decoding', () => {
  test('gives the key back, and its end, whatever follows', () => {
    fc.assert(
      fc.property(anyKey, fc.uint8Array({ minLength: 1, maxLength: 2 }), fc.boolean(), (key, behind, desc) => {
        const bytes = encoded(key);
        const at = 3;
        const source = new Uint8Array(at + bytes.length + behind.length);
        source.set(bytes, at);
        if (desc) invertBytes(source, at, at + bytes.length);
        source.set(behind, at + bytes.length);
        expect(desc ? keyEndDescending(source, at) : keyEnd(source, at)).toBe(at + bytes.length);
        expect(desc ? decodeKeyDescending(source, at) : decodeKey(source, at)).toStrictEqual(normalKey(key));
      }),
      { numRuns: 2000 },
    );
  });

  test('bytes come back as a plain copy', () => {
    const source = encoded(Buffer.from('abc'));
    const key = decodeKey(source, 0) as Uint8Array;
    source.fill(0);
    expect(key).toStrictEqual(new Uint8Array([97, 98, 99]));
  });

  test('what is no key, or cut off, is an error', () => {
    expect(() => decodeKey(new Uint8Array([0x99]), 0)).toThrow('no key begins with 153 at 0');
    for (const key of ['abc', 5, 5n, new Date(0), new Uint8Array(3), ['abc', 1]]) {
      const bytes = encoded(key);
      for (let length = 0; length < bytes.length; length++) {
        const cut = bytes.slice(0, length);
        for (const read of [keyEnd, decodeKey]) expect(() => read(cut, 0)).toThrow(/no key|cut off/);
      }
    }
  });
});

describe('parts behind one another', () => {
  const flags = fc.array(fc.boolean(), { minLength: 1, maxLength: 3 });
  const rows = flags.chain(desc =>
    fc.tuple(
      fc.constant(desc),
      fc.array(anyKey, { minLength: desc.length, maxLength: desc.length }),
      fc.array(anyKey, { minLength: desc.length, maxLength: desc.length }),
      fc.nat(desc.length),
    ),
  );

  test('are ordered part by part, descending ones the other way round', () => {
    fc.assert(
      fc.property(rows, ([desc, first, second, shared]) => {
        // Rows that share their first parts reach the later ones.
        const other = second.map((key, i) => (i < shared ? (first[i] as Key) : key));
        const parts = (keys: readonly Key[]): Part[] => keys.map((key, i) => ({ key, desc: desc[i] as boolean }));
        let expected = 0;
        for (let i = 0; i < desc.length && expected === 0; i++) {
          expected = Math.sign(compareKeys(first[i] as Key, other[i] as Key)) * (desc[i] ? -1 : 1);
        }
        expect(Math.sign(compare(encodedParts(parts(first)), encodedParts(parts(other)))) + 0).toBe(expected + 0);
      }),
      { numRuns: 3000 },
    );
  });

  test('the group alone is equal exactly when the groups are', () => {
    const a = encodedParts([
      { key: 'a', desc: false },
      { key: 'b', desc: true },
    ]);
    expect(keyEnd(a, 0)).toBe(3);
    expect(keyEndDescending(a, 3)).toBe(a.length);
    expect(decodeKeyDescending(a, 3)).toBe('b');
  });
});

describe('room', () => {
  test('-1 at every cut, and the same bytes when it fits exactly', () => {
    fc.assert(
      fc.property(anyKey, key => {
        const bytes = encoded(key);
        const step = bytes.length > 100 ? 97 : 1;
        for (let cut = 0; cut < bytes.length; cut += step) expect(encodeKey(key, memory, 5, 5 + cut)).toBe(-1);
        expect(encodeKey(key, memory, 5, 5 + bytes.length - 1)).toBe(-1);
        expect(encodeKey(key, memory, 5, 5 + bytes.length)).toBe(5 + bytes.length);
        expect(memory.slice(5, 5 + bytes.length)).toEqual(bytes);
      }),
    );
  });

  test('nothing is written at or behind the limit', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(60), (key, size) => {
        memory.fill(0xee, 0, 200);
        encodeKey(key, memory, 5, 5 + size);
        for (let i = 5 + size; i < 200; i++) expect(memory[i]).toBe(0xee);
      }),
    );
  });

  test('the largest key fits, one byte more is too large, but only where the room would do', () => {
    const largest = 'x'.repeat(limits.keyBytesMax - 2);
    expect(encodeKey(largest, memory, 9, room)).toBe(9 + limits.keyBytesMax);
    expect(() => encodeKey(`${largest}x`, memory, 9, room)).toThrow(KeyTooLarge);
    expect(() => encodeKey(`${largest}x`, memory, 9, room)).toThrow(/over 65536 encoded bytes/);
    expect(encodeKey(`${largest}x`, memory, 9, 9 + limits.keyBytesMax - 1)).toBe(-1);
    const large = [largest.slice(20), '\u0000'.repeat(20), 1n << 600_000n, new Uint8Array(limits.keyBytesMax / 2)];
    expect(() => encodeKey(large, memory, 0, room)).toThrow(KeyTooLarge);
    for (const key of large.slice(2)) expect(() => encodeKey(key, memory, 0, room)).toThrow(KeyTooLarge);
    const text = Buffer.from(`${largest}x`);
    expect(() => encodeTextKey(text, 0, text.length, memory, 0, room)).toThrow(KeyTooLarge);
  });
});

describe('the byte paths', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom('\u0000', 'a\u0001', '\u0002'),
  );

  test('a key from UTF-8 bytes is the key of the string', () => {
    fc.assert(
      fc.property(text, fc.nat(3), (key, from) => {
        const source = Buffer.from('?'.repeat(from) + key);
        const bytes = encoded(key);
        expect(memory.slice(4, encodeTextKey(source, from, source.length, memory, 4, room))).toEqual(bytes);
        for (let cut = 0; cut < bytes.length; cut++) expect(encodeTextKey(source, from, source.length, memory, 4, 4 + cut)).toBe(-1);
      }),
    );
  });

  test('the ASCII kernel gives the same bytes or -1, also when made from its own source text', () => {
    const kernel = new Function(`return ${encodeAsciiKey.toString()}`)() as typeof encodeAsciiKey;
    fc.assert(
      fc.property(text, key => {
        const end = kernel(key, memory, 4);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that need an escape
        if (/^[\u0002-\u007f]*$/.test(key)) expect(memory.slice(4, end)).toEqual(encoded(key));
        else expect(end).toBe(-1);
      }),
    );
  });
});

test('the ASCII kernel leaves a key that is too large to the general path', () => {
  const largest = 'x'.repeat(limits.keyBytesMax - 2);
  expect(encodeAsciiKey(largest, memory, 0)).toBe(limits.keyBytesMax);
  expect(encodeAsciiKey(`${largest}x`, memory, 0)).toBe(-1);
});

describe('refusals', () => {
  class Money {
    readonly cents = 5;
  }

  test('say what was found', () => {
    expect(message(Number.NaN)).toBe('key is NaN');
    expect(message(Number.POSITIVE_INFINITY)).toBe('key is Infinity');
    expect(message(Number.NEGATIVE_INFINITY)).toBe('key is -Infinity');
    expect(message(undefined)).toBe('key is undefined');
    expect(message(() => 1)).toBe('key is a function');
    expect(message(Symbol('s'))).toBe('key is a symbol');
    expect(message({})).toBe('key is a plain object');
    expect(message(Object.create(null))).toBe('key is a plain object');
    expect(message(new Map())).toBe('key is a Map object');
    expect(message(new Money())).toBe('key is a Money object');
    expect(message(Object(5))).toBe('key is a Number object');
    expect(message(new Int16Array(2))).toBe('key is an Int16Array object');
    expect(message(new Date(Number.NaN))).toBe('key is an invalid Date');
    for (const lone of ['\ud800', 'ab\udc00', '\ud800\ud800', '\udc00\ud800', '\ud83d']) {
      expect(message(lone)).toBe('key is a string with a lone surrogate');
    }
  });

  test('say where inside tuples, and forget it afterwards', () => {
    expect(message(['a', Number.NaN])).toBe('key[1] is NaN');
    expect(message([1, ['a', [undefined]]])).toBe('key[1][1][0] is undefined');
    // A hole is undefined.
    expect(message(new Array(1))).toBe('key[0] is undefined');
    expect(message(undefined)).toBe('key is undefined');
  });

  test('say what may be a key', () => {
    expect(() => encodeKey({}, memory, 0, room)).toThrow(
      'key is a plain object; a key is a string, finite number, bigint, boolean, null, Date, Uint8Array, or an array of these',
    );
  });

  test('tuples are nested as deep as the limit, no deeper, and cycles end there', () => {
    let deep: unknown = [];
    for (let depth = 1; depth < limits.keyDepthMax; depth++) deep = [deep];
    expect(decodeKey(encoded(deep), 0)).toEqual(deep);
    const path = '[0]'.repeat(limits.keyDepthMax);
    expect(message([deep])).toBe(`key${path} is nested more than 32 tuples deep`);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(message(cycle)).toBe(`key${path} is nested more than 32 tuples deep`);
  });
});
