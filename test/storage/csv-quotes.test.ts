// A csv with line breaks inside quotes, cut anywhere: what the scans of its pieces say lets each be read for itself.

import { fc, test } from '@fast-check/vitest';
import type { Format } from '@sheaf/protocol/graph';
import { makeDecoder, scanQuotes } from '@sheaf/storage';
import { describe, expect } from 'vitest';
import { readPieces, type Seen } from './read-pieces.ts';

const format: Format = { type: 'csv', separator: ',', header: false, multiline: true, scanned: true, columns: null };
const decoder = () => makeDecoder(format, { recordBytesMax: 10_000 });

/** Reads in pieces, each started as the scans before it say. */
function readCut(file: Buffer, cuts: readonly number[], { chunk, scanChunk }: { chunk: number; scanChunk: number }): Seen[] {
  const borders = [...new Set([0, ...cuts, file.length])].sort((a, b) => a - b);
  const starts = new Map<number, boolean>([[0, false]]);
  let startsInside = false;
  for (let i = 0; i + 1 < borders.length; i++) {
    const piece = { from: borders[i] as number, to: borders[i + 1] as number };
    const scan = scanQuotes(piece, 44, offset => file.toString('latin1', offset, Math.min(file.length, offset + scanChunk)));
    startsInside = startsInside ? scan.fromInside : scan.fromOutside;
    starts.set(piece.to, startsInside);
  }
  return readPieces(decoder(), file, { cuts: borders.slice(1, -1), chunk, startsInside: from => starts.get(from) as boolean });
}

describe('a csv that is cut', () => {
  const part = fc.constantFrom('a', ',', '"', '"', '""', '\n', '\n', '\r\n', '\r', ' ', 'é', '","', '"\n"', 'x\ny');
  const content = fc
    .tuple(fc.constantFrom('', '\ufeff'), fc.array(part, { maxLength: 40, size: 'max' }))
    .map(([mark, parts]) => Buffer.from(mark + parts.join('')));
  const cuts = fc.array(fc.nat(60), { maxLength: 6 });
  const sizes = fc.record({ chunk: fc.integer({ min: 3, max: 50 }), scanChunk: fc.integer({ min: 3, max: 50 }) });

  test.prop([content, cuts, sizes], { numRuns: 5_000 })('has the rows, bad ones too, that it has as a whole', (file, given, chunks) => {
    const inFile = given.filter(cut => cut > 0 && cut < file.length);
    expect(readCut(file, inFile, chunks)).toEqual(readPieces(decoder(), file));
  });

  const cell = fc.constantFrom('', 'plain', '"quoted"', '"with\nbreak"', '"with ""two"" and\r\n break"', '"a,b"', 'é');
  const rows = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 60, size: 'max' });

  test.prop([rows, fc.integer({ min: 1, max: 80 })], { numRuns: 300 })('and is as it should be, is read in even pieces', (given, size) => {
    const file = Buffer.from(given.map(cells => `${cells.join(',')}\n`).join(''));
    const even = Array.from({ length: Math.floor((file.length - 1) / size) }, (_, i) => (i + 1) * size);
    const seen = readCut(file, even, { chunk: 64, scanChunk: 16 });
    expect(seen.every(({ bad }) => bad === null)).toBe(true);
    expect(seen).toEqual(readPieces(decoder(), file));
  });
});
