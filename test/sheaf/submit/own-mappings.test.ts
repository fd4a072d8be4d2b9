// The places of the user's own code, against the library that decodes a whole map.

import { fc, test } from '@fast-check/vitest';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { expect } from 'vitest';
import { ownMapOf, ownSourcesOf } from '../../../packages/sheaf/src/submit/own-mappings.ts';

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function encoded(difference: number): string {
  let rest = difference < 0 ? (-difference << 1) | 1 : difference << 1;
  let text = '';
  do {
    text += digits[(rest & 31) | (rest > 31 ? 32 : 0)];
    rest >>>= 5;
  } while (rest > 0);
  return text;
}

/** Each line of the bundle is of one source, as a bundler writes it. */
const bundleLine = fc.record({
  source: fc.nat(3),
  segments: fc.array(fc.record({ skipped: fc.nat(300), line: fc.nat(90_000), column: fc.nat(300), named: fc.boolean() }), { maxLength: 5 }),
});

test.prop([fc.array(bundleLine, { maxLength: 12 }), fc.subarray([0, 1, 2, 3])])(
  'own lines are where the whole map says',
  (lines, ignoreList) => {
    const last = { source: 0, line: 0, column: 0 };
    const mappings = lines.map(({ source, segments }) =>
      segments.map(({ skipped, line, column, named }) => {
        const numbers = [skipped, source - last.source, line - last.line, column - last.column, ...(named ? [0] : [])];
        Object.assign(last, { source, line, column });
        return numbers.map(encoded).join('');
      }),
    );
    const sources = ['/a.ts', '/b.ts', null, '/c.ts'];
    const map = { version: 3 as const, sources, names: ['x'], mappings: mappings.map(line => line.join(',')).join(';'), ignoreList };
    const whole = new TraceMap({ ...map });
    const { map: part, own } = ownSourcesOf(ownMapOf(new TextEncoder().encode(JSON.stringify(map))));
    expect(own).toEqual(sources.filter((source, at) => source !== null && !ignoreList.includes(at)));
    for (const [at] of lines.entries()) {
      for (let column = 0; column < 1_500; column += 137) {
        const { name: _, ...place } = originalPositionFor(whole, { line: at + 1, column });
        const expected = place.source !== null && own.includes(place.source) ? place : { source: null, line: null, column: null };
        const { name: __, ...found } = originalPositionFor(part, { line: at + 1, column });
        expect(found).toEqual(expected);
      }
    }
  },
);
