// The bytes of a graph that are hashed: equal for equal plans, whatever the order in which members were written.

import { canonical } from '@sheaf/protocol/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exampleNames, examples } from '../../graph/examples.ts';

/** The same structure with the members of every object in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, member]) => [name, turned(member)]),
  );
}

describe('canonical', () => {
  test.each(exampleNames)('%s: the order of members does not matter', name => {
    const { graph } = examples()[name];
    expect(canonical(turned(graph))).toBe(canonical(graph));
    expect(canonical(JSON.parse(JSON.stringify(graph)))).toBe(canonical(graph));
  });

  test('the examples have bytes of their own', () => {
    const all = examples();
    expect(new Set(exampleNames.map(name => canonical(all[name].graph))).size).toBe(exampleNames.length);
  });

  test('is JSON of the same data, with sorted members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const plain = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonical(plain))).toEqual(plain);
        expect(canonical(turned(plain))).toBe(canonical(plain));
      }),
    );
  });

  test('bytes are pinned', () => {
    expect(canonical({ b: [1, 'x', null], a: { d: true, c: -0.5 }, é: '"' })).toBe('{"a":{"c":-0.5,"d":true},"b":[1,"x",null],"é":"\\""}');
  });

  test('undefined members are dropped: an option left out and one set to undefined are one plan', () => {
    expect(canonical({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(canonical({ a: { c: undefined } })).toBe('{"a":{}}');
  });

  test('the order of lists matters', () => {
    expect(canonical([1, 2])).not.toBe(canonical([2, 1]));
  });

  test('what is no data is refused', () => {
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(() => canonical({ a: [number] })).toThrow(`not data: ${number}`);
    }
    expect(() => canonical([undefined])).toThrow('not data: undefined');
    expect(() => canonical({ run: () => 1 })).toThrow('not data: function');
    expect(() => canonical(5n)).toThrow('not data: bigint');
    expect(() => canonical(Symbol('s'))).toThrow('not data: symbol');
    for (const value of [new Date(0), new Map(), new Uint8Array(1), Object.create(null)]) {
      expect(() => canonical({ value })).toThrow('not data: object');
    }
  });
});
