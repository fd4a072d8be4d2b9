// Part files: what was given is in the file, its size and hash are told, and a full disk is a failure of the output.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fc, test as property } from '@fast-check/vitest';
import { FailureError } from '@sheaf/protocol';
import { PartFile } from '@sheaf/storage';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary.ts';

const piece = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 50 }),
  fc.constantFrom('é'.repeat(300_000), 'x'.repeat(2_000_000), '€'.repeat(1_000_000)),
);

property.prop([fc.array(piece, { maxLength: 8 }), fc.boolean()], { numRuns: 40 })('what was given is in the file', (pieces, gzip) => {
  const path = join(temporaryFolder(), 'part');
  const file = new PartFile(path, { gzip });
  for (const of of pieces) {
    if (typeof of === 'string') file.text(of);
    else file.bytes(Buffer.concat([Buffer.from('ab'), of, Buffer.from('c')]), 2, 2 + of.length);
  }
  const { path: told, bytes, sha256 } = file.finish();
  const content = readFileSync(path);
  expect([told, bytes, sha256]).toEqual([path, content.length, createHash('sha256').update(content).digest('hex')]);
  const expected = Buffer.concat(pieces.map(of => Buffer.from(of as string)));
  expect((gzip ? gunzipSync(content) : content).equals(expected)).toBe(true);
  expect(file.rawBytes).toBe(expected.length);
});

test('an empty packed part is a gzip file', () => {
  const path = join(temporaryFolder(), 'part.gz');
  new PartFile(path, { gzip: true }).finish();
  expect(gunzipSync(readFileSync(path))).toHaveLength(0);
});

test('an abandoned one is gone, before and after it was finished', () => {
  const folder = temporaryFolder();
  const file = new PartFile(join(folder, 'a'), { gzip: false });
  file.text('x');
  file.abandon();
  file.abandon();
  const other = new PartFile(join(folder, 'b'), { gzip: false });
  other.finish();
  other.abandon();
  expect([existsSync(join(folder, 'a')), existsSync(join(folder, 'b'))]).toEqual([false, false]);
});

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as FailureError).failure.code;
  }
  return 'none';
};

test('a full disk, a missing folder, a file or link that is there are failures of the output', () => {
  const folder = temporaryFolder();
  symlinkSync('/dev/full', join(folder, 'link'));
  expect(codeOf(() => new PartFile(join(folder, 'link'), { gzip: false }))).toBe('E_OUTPUT_FAILED');
  expect(codeOf(() => new PartFile(join(folder, 'gone', 'part'), { gzip: false }))).toBe('E_OUTPUT_FAILED');
  new PartFile(join(folder, 'part'), { gzip: false }).finish();
  expect(() => new PartFile(join(folder, 'part'), { gzip: false })).toThrow(FailureError);
});
