// Items spools: any range of items comes back, equal items make equal bytes, and no flipped bit is read over.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { FailureError } from '@sheaf/protocol';
import { SpoolReader, writeSpool } from '@sheaf/storage';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary.ts';

function read(path: string, from = 0, to = Number.POSITIVE_INFINITY): Buffer[] {
  const reader = new SpoolReader(path);
  try {
    return Array.from(reader.records(from, to), record => Buffer.from(record));
  } finally {
    reader.close();
  }
}

const record = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  fc.integer({ min: 1, max: 150_000 }).map(length => new Uint8Array(length).fill(length)),
);

property.prop([fc.array(record, { maxLength: 30 }), fc.nat(30), fc.nat(30)], { numRuns: 60 })(
  'any range comes back',
  async (records, from, length) => {
    const folder = temporaryFolder();
    const path = join(folder, 'spool');
    const note = await writeSpool(path, records);
    const bytes = readFileSync(path);
    expect(note).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex'), items: records.length, bytes: bytes.length });
    expect(read(path, from, from + length)).toEqual(records.slice(from, from + length).map(of => Buffer.from(of)));
    expect(read(path)).toHaveLength(records.length);
    expect(readdirSync(folder)).toEqual(['spool']);
  },
);

property.prop([fc.array(record, { minLength: 1, maxLength: 30 }), fc.array(fc.tuple(fc.nat(30), fc.nat(5)))], { numRuns: 60 })(
  'one reader gives many ranges, in any order',
  async (records, ranges) => {
    const path = join(temporaryFolder(), 'spool');
    await writeSpool(path, records);
    const reader = new SpoolReader(path);
    for (const [from, length] of ranges) {
      const given = Array.from(reader.records(from, from + length), of => Buffer.from(of));
      expect(given).toEqual(records.slice(from, from + length).map(of => Buffer.from(of)));
    }
    reader.close();
  },
);

test('records may come from one memory that is used again', async () => {
  const path = join(temporaryFolder(), 'spool');
  const memory = new Uint8Array(1);
  await writeSpool(
    path,
    (async function* () {
      for (let i = 0; i < 5; i++) {
        memory[0] = i;
        yield memory;
      }
    })(),
  );
  expect(read(path).map(of => of[0])).toEqual([0, 1, 2, 3, 4]);
});

test('a flipped bit anywhere, or a lost end, is found before use', async () => {
  const path = join(temporaryFolder(), 'spool');
  await writeSpool(path, [Buffer.from('one'), Buffer.from('two')]);
  const good = readFileSync(path);
  for (let at = 0; at < good.length; at++) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] as number) ^ (1 << (at % 8));
    writeFileSync(path, bad);
    expect(() => read(path), `byte ${at}`).toThrow(FailureError);
  }
  for (let length = 0; length < good.length; length++) {
    writeFileSync(path, good.subarray(0, length));
    expect(() => read(path), `length ${length}`).toThrow(FailureError);
  }
});

test('nothing stays of a spool whose items fail', async () => {
  const folder = temporaryFolder();
  const items = function* () {
    yield Buffer.from('one');
    throw new Error('no more');
  };
  await expect(writeSpool(join(folder, 'spool'), items())).rejects.toThrow('no more');
  expect(readdirSync(folder)).toEqual([]);
});
