// Reads all parts one after the other and works out each checksum bit by bit.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const bytes = Buffer.concat(
    readdirSync(params.in)
      .sort()
      .map(name => readFileSync(join(params.in, name))),
  );
  const records = bytes.length / 100;
  let checksum = 0n;
  let misplaced = 0;
  for (let record = 0; record < records; record++) {
    const [from, to] = [record * 100, record * 100 + 100];
    checksum += BigInt(crcOf(bytes.subarray(from, to)));
    if (record > 0 && bytes.compare(bytes, from - 100, from - 90, from, from + 10) < 0) misplaced++;
  }
  assert.deepEqual(rowsOf(params.out), [{ records: `${records}`, misplaced: `${misplaced}`, checksum: checksum.toString(16) }]);
  return `${records} records, ${misplaced} of them misplaced, checksum ${checksum.toString(16)}`;
}

/** CRC-32 by its definition: a division of polynomials over bits. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
