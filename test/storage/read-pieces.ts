// Shows a decoder a file the way an executor does: piece by piece, each in windows of a few bytes, with other bytes before
// and behind what counts. After a bad record it goes on, so that a test sees all of them.

import { BadRecord, type Decoder } from '@sheaf/storage';

export interface Seen {
  readonly record: unknown;
  readonly offset: number;
  readonly length: number;
  readonly index: number;
  readonly bad: string | null;
}

export interface Reading {
  /** Cuts the file into pieces; none reads it whole. */
  readonly cuts?: readonly number[];
  /** Bytes that are read at once. */
  readonly chunk?: number;
  readonly file?: string;
  /** Whether the piece that begins there starts inside quotes. */
  readonly startsInside?: (from: number) => boolean;
}

export function readPieces(decoder: Decoder, content: Uint8Array, reading: Reading = {}): Seen[] {
  const borders = [0, ...[...(reading.cuts ?? [])].sort((a, b) => a - b), content.length];
  const seen: Seen[] = [];
  for (let i = 0; i + 1 < borders.length; i++) {
    readPiece(decoder, content, { from: borders[i] as number, to: borders[i + 1] as number, seen, ...reading });
  }
  return seen;
}

function readPiece(decoder: Decoder, content: Uint8Array, piece: Reading & { from: number; to: number; seen: Seen[] }): void {
  const chunk = piece.chunk ?? 65_536;
  const { from, to, file = '/data/file', startsInside } = piece;
  let start = decoder.begin({ file, from, to, ...(startsInside === undefined ? {} : { startsInside: startsInside(from) }) });
  let stop = start;
  for (let final = false; !decoder.done && !final; ) {
    stop = Math.min(content.length, stop + chunk);
    const window = new Uint8Array(7 + (stop - start) + 5).fill(0x0a);
    window.set(content.subarray(start, stop), 7);
    final = stop === content.length;
    start += decodeAll(decoder, window, { length: stop - start, final }, piece.seen) - 7;
  }
}

function decodeAll(decoder: Decoder, window: Uint8Array, bounds: { length: number; final: boolean }, seen: Seen[]): number {
  const note = (record: unknown, bad: string | null): void => {
    const { offset, length: recordLength, record: index } = decoder.position;
    seen.push({ record, offset, length: recordLength, index, bad });
  };
  for (;;) {
    try {
      return decoder.decode(window, 7, 7 + bounds.length, bounds.final, record => note(record, null));
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      note(null, error.message);
    }
  }
}
