// A pack: small finished runs of many attempts in one file, a frame for each attempt, so that a task of a few records costs no
// file of its own. One executor appends to it, in one write a frame; a frame that is not whole ends what is read of it. Runs lie in
// it byte for byte as they would in files of their own, so their checksums cover all but the frame's head, which has its own.
//
//   frame    head of 16 bytes: magic, number of runs, bytes of all runs, crc32 over the rest of the head and the lengths;
//            a length of 4 bytes for each run; the runs

import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

const magic = 0x4b50_4853; // 'SHPK'
const headBytes = 16;
const runsMax = 4_096;

/** The runs of one attempt. */
export interface PackFrame {
  readonly runs: readonly { readonly at: number; readonly bytes: number }[];
}

/** The appending end. */
export class PackWriter {
  private path: string | null = null;
  private fd = -1;
  private end = 0;

  /** Appends the runs of one attempt to the pack of that path, which nobody else writes to. Gives where each begins. */
  append(path: string, runs: readonly Uint8Array[]): readonly number[] {
    if (this.path !== path) this.open(path);
    const lengths = Buffer.alloc(4 * runs.length);
    runs.forEach((run, i) => {
      lengths.writeUInt32LE(run.length, 4 * i);
    });
    const head = Buffer.alloc(headBytes);
    head.writeUInt32LE(magic, 0);
    head.writeUInt32LE(runs.length, 4);
    head.writeUInt32LE(
      runs.reduce((sum, run) => sum + run.length, 0),
      8,
    );
    head.writeUInt32LE(checksumOf(head, lengths), 12);
    this.write(Buffer.concat([head, lengths, ...runs]));
    let at = this.end + headBytes + lengths.length;
    const places = runs.map(run => {
      at += run.length;
      return at - run.length;
    });
    this.end = at;
    return places;
  }

  close(): void {
    if (this.path !== null) closeSync(this.fd);
    this.path = null;
  }

  private open(path: string): void {
    this.close();
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.fd = openSync(path, 'wx', 0o600);
    this.path = path;
    this.end = 0;
  }

  /** Whole, or not at all. */
  private write(frame: Uint8Array): void {
    try {
      for (let done = 0; done < frame.length; ) done += writeSync(this.fd, frame, done, frame.length - done, this.end + done);
    } catch (error) {
      ftruncateSync(this.fd, this.end);
      throw error;
    }
  }
}

/** The whole frames of a pack, in the order they were appended. */
export function framesOf(path: string): PackFrame[] {
  const fd = openSync(path, 'r');
  try {
    const { size } = fstatSync(fd);
    const frames: PackFrame[] = [];
    for (let at = 0; at < size; ) {
      const frame = frameAt(fd, at, size);
      if (frame === null) break;
      frames.push(frame);
      const last = frame.runs.at(-1);
      at = last === undefined ? size : last.at + last.bytes;
    }
    return frames;
  } finally {
    closeSync(fd);
  }
}

function frameAt(fd: number, at: number, size: number): PackFrame | null {
  const head = Buffer.alloc(headBytes);
  if (readSync(fd, head, 0, headBytes, at) < headBytes || head.readUInt32LE(0) !== magic) return null;
  const count = head.readUInt32LE(4);
  if (count === 0 || count > runsMax) return null;
  const lengths = Buffer.alloc(4 * count);
  if (readSync(fd, lengths, 0, lengths.length, at + headBytes) < lengths.length) return null;
  if (checksumOf(head, lengths) !== head.readUInt32LE(12)) return null;
  let next = at + headBytes + lengths.length;
  if (next + head.readUInt32LE(8) > size) return null;
  const runs = Array.from({ length: count }, (_, i) => {
    const bytes = lengths.readUInt32LE(4 * i);
    next += bytes;
    return { at: next - bytes, bytes };
  });
  return { runs };
}

function checksumOf(head: Buffer, lengths: Buffer): number {
  return crc32(lengths, crc32(head.subarray(0, 12)));
}
