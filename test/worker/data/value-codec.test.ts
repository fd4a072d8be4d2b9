// Values: what is carried comes back as JSON's rules say, with bigint, Date and bytes as themselves; the bytes depend on
// the value alone; every refusal says what it refuses, with the path to it.

import assert from 'node:assert';
import { limits } from '@sheaf/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BadValue } from '../../../packages/worker/src/data/bad-value.ts';
import {
  decodedEnd,
  decodeNext,
  decodeNumberValue,
  decodeValue,
  encodeNumberValue,
  encodeTextValue,
  encodeValue,
} from '../../../packages/worker/src/data/value-codec.ts';
import { valueEnd } from '../../../packages/worker/src/data/value-end.ts';

const room = 300_000;
const memory = new Uint8Array(room);

function encoded(value: unknown): Uint8Array {
  return memory.slice(7, encodeValue(value, memory, 7, room));
}

function carried(value: unknown): unknown {
  const end = encodeValue(value, memory, 3, room);
  return decodeValue(memory, 3, end);
}

function hex(value: unknown): string {
  return Buffer.from(encoded(value)).toString('hex');
}

function message(value: unknown): string {
  try {
    encodeValue(value, memory, 0, room);
  } catch (error) {
    expect(error).toBeInstanceOf(BadValue);
    return (error as BadValue).message;
  }
  throw new Error('the value was not refused');
}

/** The rules a second time, on structures: undefined members are dropped, undefined items are null, bytes are plain. */
function reference(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(item => (item === undefined ? null : reference(item)));
  const plain = {};
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    Object.defineProperty(plain, name, { value: reference(member), writable: true, enumerable: true, configurable: true });
  }
  return plain;
}

const integers = [0, 1, 63, 64, 127, 128, 129, 8319, 8320, 16_511, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 49, 2 ** 53 - 1];
const number = fc.oneof(
  fc.constantFrom(
    ...integers,
    ...integers.map(value => -value),
    2 ** 53,
    2 ** 70,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
);
const text = fc.oneof(
  fc.string({ maxLength: 10 }),
  fc.string({ unit: 'binary', maxLength: 70 }),
  // Around 63 bytes and characters, where the header of a string changes.
  fc.tuple(fc.constantFrom('a', 'é', '€', '𝒳'), fc.integer({ min: 15, max: 66 })).map(([unit, times]) => unit.repeat(times)),
);
const name = fc.oneof(text, fc.constantFrom('a', 'b', 'user', 'uses', '__proto__', 'constructor', 'toString', '1', '0', ''));
const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, undefined, true, false),
    number,
    text,
    fc.bigInt(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 140 }),
    fc.array(tie('value'), { maxLength: 12 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map(members => {
      const value = {};
      for (const [key, member] of members) {
        Object.defineProperty(value, key, { value: member, writable: true, enumerable: true, configurable: true });
      }
      return value;
    }),
  ),
})).value;

describe('what is carried', () => {
  test('comes back, by the rules', () => {
    fc.assert(
      fc.property(anyValue, value => {
        // Not toStrictEqual: it takes a member called `constructor` for the class.
        assert.deepStrictEqual(carried(value), reference(value));
      }),
      { numRuns: 3000 },
    );
  });

  test('comes back, and may be passed, where values lie one behind another', () => {
    fc.assert(
      fc.property(fc.array(anyValue, { minLength: 1, maxLength: 8 }), values => {
        const ends: number[] = [];
        for (const value of values) ends.push(encodeValue(value, memory, ends.at(-1) ?? 5, room));
        let at = 5;
        for (const [i, value] of values.entries()) {
          expect(valueEnd(memory, at)).toBe(ends[i]);
          assert.deepStrictEqual(decodeNext(memory, at), reference(value));
          at = decodedEnd();
          expect(at).toBe(ends[i]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('the order of names is kept', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), names => {
        const value = Object.fromEntries(names.map((key, i) => [key, i]));
        expect(Object.keys(carried(value) as object)).toEqual(Object.keys(value));
      }),
    );
  });

  test('every number keeps its bits, -0 and NaN too, also on the path of numbers', () => {
    fc.assert(
      fc.property(number, value => {
        expect(Object.is(carried(value), value)).toBe(true);
        const bytes = encoded(value);
        expect(memory.slice(1, encodeNumberValue(value, memory, 1, room))).toEqual(bytes);
        expect(Object.is(decodeNumberValue(memory, 1), value)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('JSON data is what JSON makes of it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const plain = JSON.parse(JSON.stringify(value));
        expect(carried(plain)).toEqual(plain);
      }),
    );
  });

  test('toJSON, boxed primitives, class instances, getters: as JSON', () => {
    class Point {
      readonly x = 1;
      readonly nothing = undefined;
      readonly #hidden = 3;
      get sum(): number {
        return this.x + this.#hidden;
      }
    }
    class Celsius {
      toJSON(key: string): unknown {
        return { under: key };
      }
    }
    const value = {
      point: new Point(),
      degrees: new Celsius(),
      list: [new Celsius(), { toJSON: () => undefined }],
      dropped: { toJSON: () => undefined },
      boxed: [Object(5), Object('s'), Object(false)],
      bare: Object.assign(Object.create(null), { q: 1 }),
      get got(): string {
        return 'it';
      },
      [Symbol('unseen')]: 1,
      url: new URL('http://a.example/b'),
    };
    expect(carried(value)).toStrictEqual(JSON.parse(JSON.stringify(value)));
    expect(carried(new Celsius())).toStrictEqual({ under: '' });
    expect(carried({ toJSON: () => undefined })).toBe(undefined);
    // The result of toJSON is taken as it is, and its Date stays one.
    expect(carried({ toJSON: () => ({ at: new Date(5) }) })).toStrictEqual({ at: new Date(5) });
  });

  test('Date and Buffer are themselves, whatever toJSON they have', () => {
    expect(carried([new Date(7), new Date(Number.NaN), Buffer.from('ab')])).toStrictEqual([
      new Date(7),
      new Date(Number.NaN),
      new Uint8Array([97, 98]),
    ]);
    const source = encoded(new Uint8Array([1, 2]));
    const bytes = decodeValue(source, 0, source.length);
    source.fill(9);
    expect(bytes).toStrictEqual(new Uint8Array([1, 2]));
  });

  test('a member called __proto__ is a member', () => {
    const value = JSON.parse('{"__proto__":{"admin":true},"a":1}');
    const back = carried(value) as { admin?: boolean };
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(back.admin).toBe(undefined);
    expect(Object.keys(back)).toEqual(['__proto__', 'a']);
  });

  test('the same object twice is no cycle', () => {
    const shared = { a: 1 };
    expect(carried([shared, shared, { shared }])).toStrictEqual([shared, shared, { shared }]);
  });
});

describe('bytes', () => {
  test('are pinned', () => {
    expect(hex(undefined)).toBe('00');
    expect(hex(null)).toBe('01');
    expect([hex(false), hex(true)]).toEqual(['02', '03']);
    expect([0, 1, 127, 128, 8319, 8320].map(hex)).toEqual(['80', '81', 'ff', '2000', '3fff', '0480' + '41']);
    expect([-1, -128, -129].map(hex)).toEqual(['0500', '057f', '058001']);
    expect(hex(-0)).toBe('068000000000000000');
    expect(hex(Number.NaN)).toBe('067ff8000000000000');
    expect(hex(0.5)).toBe('063fe0000000000000');
    expect(hex(5n)).toBe('078105');
    expect(hex(new Date(0))).toBe('080000000000000000');
    expect(hex(new Uint8Array([7, 8]))).toBe('09020708');
    expect(hex('ab')).toBe('426162');
    expect(hex('a'.repeat(63)).slice(0, 4)).toBe('7f61');
    expect(hex('a'.repeat(64)).slice(0, 6)).toBe('0a4061');
    expect(hex([1, 2])).toBe('128182');
    expect(hex(new Array(8).fill(1))).toBe(`0b08${'81'.repeat(8)}`);
    expect(hex({ a: 1, bc: { d: undefined } })).toBe('0c' + '026181' + '036263' + '0c00' + '00');
  });

  test('small integers take one byte, up to 8319 two', () => {
    for (let value = 0; value < 128; value++) expect(encoded(value).length).toBe(1);
    for (let value = 128; value < 8320; value++) expect(encoded(value).length).toBe(2);
  });

  test('depend on the value alone, whatever was encoded before', () => {
    fc.assert(
      fc.property(anyValue, fc.array(anyValue, { maxLength: 3 }), fc.nat(50), (value, before, at) => {
        const bytes = encoded(value);
        for (const other of before) carried(other);
        expect(memory.slice(at, encodeValue(value, memory, at, room))).toEqual(bytes);
        expect(encoded(carried(value))).toEqual(bytes);
      }),
    );
  });

  test('any NaN is the same bytes', () => {
    const odd = new Float64Array(new BigUint64Array([0x7ff0_dead_beef_0001n]).buffer)[0] as number;
    expect(odd).toBeNaN();
    expect(hex(odd)).toBe(hex(Number.NaN));
  });
});

describe('a string from its UTF-8 bytes', () => {
  const text = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 80 }));

  test('has the bytes of the string, or no room', () => {
    fc.assert(
      fc.property(text, fc.nat(3), fc.boolean(), (value, from, inPlace) => {
        const target = new Uint8Array(2_000);
        const bytes = target.slice(4, encodeValue(value, target, 4, target.length));
        const own = Buffer.from('?'.repeat(from) + value);
        const source = inPlace ? target : own;
        if (inPlace) target.set(own, 1_000);
        const at = inPlace ? 1_000 : 0;
        expect(target.slice(4, encodeTextValue(source, at + from, at + own.length, target, 4, 900))).toEqual(bytes);
        for (let cut = 0; cut < bytes.length; cut++) {
          expect(encodeTextValue(source, at + from, at + own.length, target, 4, 4 + cut)).toBe(-1);
        }
      }),
    );
  });
});

describe('room', () => {
  test('-1 at every cut, and the same bytes when it fits exactly', () => {
    fc.assert(
      fc.property(anyValue, value => {
        const bytes = encoded(value);
        for (let cut = 0; cut < bytes.length; cut++) expect(encodeValue(value, memory, 5, 5 + cut)).toBe(-1);
        expect(encodeValue(value, memory, 5, 5 + bytes.length)).toBe(5 + bytes.length);
        expect(memory.slice(5, 5 + bytes.length)).toEqual(bytes);
      }),
    );
  });

  test('nothing is written at or behind the limit', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(60), (value, size) => {
        memory.fill(0xee, 0, 200);
        encodeValue(value, memory, 5, 5 + size);
        for (let i = 5 + size; i < 200; i++) expect(memory[i]).toBe(0xee);
      }),
    );
  });

  test('long texts and bytes come back', () => {
    for (const value of ['x'.repeat(100_000), 'é'.repeat(50_000), '𝒳€'.repeat(9_000), new Uint8Array(99_999).fill(3)]) {
      expect(carried(value)).toEqual(value);
      expect(encodeValue(value, memory, 0, encoded(value).length - 1)).toBe(-1);
    }
  });
});

describe('refusals', () => {
  test('name what was found, with its path', () => {
    expect(message(() => 1)).toBe('value is a function');
    expect(message({ items: [1, 2, 3, { callback() {} }] })).toBe('value.items[3].callback is a function');
    expect(message({ 'a b': [Symbol('s')] })).toBe('value["a b"][0] is a symbol');
    expect(message(Object(Symbol('s')))).toBe('value is a symbol');
    expect(message('\ud800')).toBe('value is a string with a lone surrogate');
    expect(message({ long: `${'x'.repeat(70)}\udc00` })).toBe('value.long is a string with a lone surrogate');
    expect(message({ a: { '\ud800': 1 } })).toBe('value.a["\\ud800"] is a member whose name has a lone surrogate');
    // And the path is forgotten afterwards.
    expect(message(() => 1)).toBe('value is a function');
  });

  test('are for what JSON would lose without a word, and say what to write instead', () => {
    class Registry extends Map {}
    expect(message({ map: new Map() })).toBe('value.map is a Map: carry its entries as an array, [...map]');
    expect(message(new Registry())).toBe('value is a Map: carry its entries as an array, [...map]');
    expect(message([new Set()])).toBe('value[0] is a Set: carry it as an array, [...set]');
    expect(message(Promise.resolve())).toContain('value is a promise:');
    expect(message(/a/)).toContain('value is a RegExp');
    expect(message(new Float64Array(1))).toContain('value is a typed array');
    for (const value of [new WeakMap(), new WeakSet(), new ArrayBuffer(1), new SharedArrayBuffer(1), new DataView(new ArrayBuffer(1))]) {
      expect(message(value)).toContain('value is a');
    }
  });

  test('are for cycles, wherever they close', () => {
    const cycle: { list: unknown[] } = { list: [] };
    cycle.list.push({ self: cycle });
    expect(message(cycle)).toBe('value.list[0].self is a cycle: it contains itself');
    const list: unknown[] = ['x'.repeat(1000)];
    list.push(list);
    expect(message({ list })).toBe('value.list[1] is a cycle: it contains itself');
  });

  test('are for more than the depth limit', () => {
    let deep: unknown = [];
    for (let depth = 1; depth < limits.valueDepthMax; depth++) deep = { d: deep };
    expect(carried(deep)).toStrictEqual(deep);
    expect(message({ d: deep })).toMatch(/^value(\.d){50}….*\.d is nested more than 200 deep$/);
  });

  test('what user code throws in a getter or toJSON is thrown on, and leaves nothing behind', () => {
    const thrower = {
      toJSON(): never {
        throw new RangeError('mine');
      },
    };
    const value = { list: [thrower] };
    expect(() => encodeValue(value, memory, 0, room)).toThrow(new RangeError('mine'));
    expect(carried([value.list.length])).toStrictEqual([1]);
    expect(message([Symbol('s')])).toBe('value[0] is a symbol');
  });
});

describe('bytes that are no value', () => {
  test('are an error', () => {
    expect(() => decodeValue(new Uint8Array([0x1f]), 0, 1)).toThrow('no value begins with 31 at 0');
    expect(() => decodeValue(new Uint8Array([0x81, 0x81]), 0, 2)).toThrow('ends at 1 instead of 2');
    expect(() => decodeNumberValue(new Uint8Array([0x41, 0x61]), 0)).toThrow('no number begins with 65');
  });

  test('cut off anywhere are an error', () => {
    fc.assert(
      fc.property(anyValue, value => {
        const bytes = encoded(value);
        for (let cut = 0; cut < bytes.length; cut++) expect(() => decodeValue(bytes.slice(0, cut), 0, cut)).toThrow();
      }),
    );
  });
});
