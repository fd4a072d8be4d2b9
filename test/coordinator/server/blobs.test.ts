// Blobs stay while a job needs them and while one may be about to: those that were just uploaded or asked for.

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BlobStore } from '../../../packages/coordinator/src/server/blobs.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sheaf-blobs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function put(blobs: BlobStore, text: string): Promise<string> {
  const sha256 = createHash('sha256').update(text).digest('hex');
  expect(await blobs.put(sha256, Readable.from([Buffer.from(text)]), 100)).toBe('stored');
  return sha256;
}

const old = (sha256: string): void => utimesSync(join(directory, sha256), new Date(0), new Date(0));

it('are swept when they are old and no job needs them', async () => {
  const blobs = await BlobStore.open(directory);
  const [needed, fresh, claimed, gone] = await Promise.all(['needed', 'fresh', 'claimed', 'gone'].map(text => put(blobs, text)));
  for (const sha256 of [needed!, claimed!, gone!]) old(sha256);
  expect(await blobs.claim(claimed!)).toBe(7);
  await blobs.sweep(sha256 => sha256 === needed, Date.now() - 60_000);
  expect(readdirSync(directory).sort()).toEqual([needed, fresh, claimed].sort());
  expect(await blobs.claim(gone!)).toBeNull();
});

it('that never came whole leave nothing, also when the process was killed meanwhile', async () => {
  const blobs = await BlobStore.open(directory);
  const cut = Readable.from(
    (function* () {
      yield Buffer.from('one piece');
      throw new Error('the connection was cut');
    })(),
  );
  await expect(blobs.put('ab'.repeat(32), cut, 100)).rejects.toThrow('cut');
  expect(await blobs.put('ab'.repeat(32), Readable.from([Buffer.alloc(101)]), 100)).toBe('too-large');
  expect(readdirSync(directory)).toEqual([]);
  writeFileSync(join(directory, 'upload-7'), 'left by a killed process');
  await BlobStore.open(directory);
  expect(readdirSync(directory)).toEqual([]);
});
