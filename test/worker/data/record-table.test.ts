// Records by key against a Map, in memory, in a file, and partly in each.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { afterAll, expect } from 'vitest';
import { RecordTable } from '../../../packages/worker/src/data/record-table.ts';

const directory = mkdtempSync(join(tmpdir(), 'sheaf-table-'));
afterAll(() => rmSync(directory, { recursive: true }));

const keys = fc.oneof(fc.uint8Array({ maxLength: 2 }), fc.uint8Array({ maxLength: 40 }));
const records = fc.array(fc.tuple(keys, fc.uint8Array({ maxLength: 30 })), { maxLength: 200 });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function found(table: RecordTable, key: Uint8Array): string[] {
  const all: string[] = [];
  for (let entry = table.find(key, key.length); entry !== 0; entry = table.next(entry))
    all.push(table.record(entry, (bytes, from, to) => hex(bytes.subarray(from, to))));
  return all;
}

test.prop([records, fc.constantFrom(0, 300, 1e6), fc.array(keys, { maxLength: 10 })])(
  'every key has its records, in the order they came',
  (given, bytesMax, others) => {
    const table = new RecordTable({ bytesMax, directory });
    const wanted = new Map<string, string[]>();
    for (const [key, record] of given) {
      const bytes = Uint8Array.from([7, ...record, 7]);
      table.add(key, key.length, { bytes, from: 1, to: bytes.length - 1 });
      wanted.set(hex(key), [...(wanted.get(hex(key)) ?? []), hex(record)]);
    }
    expect(table.count).toBe(given.length);
    for (const key of [...given.map(([key]) => key), ...others]) expect(found(table, key)).toEqual(wanted.get(hex(key)) ?? []);
    expect(table.isSpilled).toBe(bytesMax === 0 && given.length > 0 ? true : bytesMax === 1e6 ? false : table.isSpilled);
    // What is in a file has no name there.
    expect(readdirSync(directory)).toEqual([]);
    table.close();
  },
);

test('many keys, and records larger than what is written at once', () => {
  const table = new RecordTable({ bytesMax: 100_000, directory });
  const keyOf = (i: number): Uint8Array => new Uint8Array(Uint32Array.of(i).buffer);
  for (let i = 0; i < 20_000; i++) {
    const bytes = new Uint8Array(i % 5_000 === 0 ? 200_000 : 4).fill(i % 251);
    table.add(keyOf(i), 4, { bytes, from: 0, to: bytes.length });
  }
  for (let i = 0; i < 20_000; i++) {
    const [record = '', ...more] = found(table, keyOf(i));
    expect([record.length, record.slice(0, 2), more.length]).toEqual([i % 5_000 === 0 ? 400_000 : 8, hex(Uint8Array.of(i % 251)), 0]);
  }
  table.close();
});
