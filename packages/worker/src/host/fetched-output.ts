// The copy of another worker's map output that grows here: a sparse file of the same size, in which every byte that is present
// lies at its own offset. Each reader names its partitions or its keys and waits until they, the header and the footer are in it; each byte
// is fetched once, for all readers that wait for it, and given up when none waits any more. Which bytes are present is known
// in memory alone. A hole is never taken for data: it reads as zeros, and zeros are no block of a run.

import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { limits } from '@sheaf/protocol';
import type { OutputName } from '@sheaf/protocol/messages';
import { type ByteRange, type ReadRange, rangesOf } from '../data/read-ranges.ts';
import { CorruptRun, decodeFooter, footerOffsetOf, runHeaderBytes, runTrailerBytes } from '../data/run-format.ts';
import { overlap, requestsFor, union } from './byte-ranges.ts';
import { fetchRange } from './fetch-range.ts';
import type { FetchTransport, FetchWay, OutputOwner } from './fetch-transport.ts';
import { checkHeader } from './output-ids.ts';
import type { Rooms } from './rooms.ts';

export interface FetchedOutputOptions {
  readonly transport: FetchTransport;
  /** Bounds the requests of all copies together. */
  readonly fetches: Rooms;
  /** Bounds the files that are looked into at once. */
  readonly checks: Rooms;
  readonly path: string;
  readonly output: OutputName;
  /** Size of the whole output. */
  readonly bytes: number;
  /** Told of bytes as they come. */
  readonly received: (bytes: number, way: FetchWay) => void;
}

export interface OutputReader {
  /** The worker that has the output, as it is known now. */
  readonly owner: OutputOwner;
  /** What is read; null: everything. */
  readonly reads: ReadRange | null;
  /** Aborted when the reader waits no longer. */
  readonly signal: AbortSignal;
}

/** One request that is waiting or under way. */
interface Piece {
  readonly range: ByteRange;
  /** How many wait for it. */
  readers: number;
  readonly abort: AbortController;
  readonly arrived: Promise<void>;
}

export class FetchedOutput {
  readonly path: string;
  readonly output: OutputName;
  private readonly options: FetchedOutputOptions;
  private owner: OutputOwner | null = null;
  private present: readonly ByteRange[] = [];
  /** Known once the header was checked. */
  private footerOffset: number | null = null;
  /** Those that somebody waits for. */
  private readonly pieces = new Set<Piece>();
  /** All that may still write, given up or not. */
  private readonly writing = new Set<Promise<void>>();
  private isClosed = false;

  constructor(options: FetchedOutputOptions) {
    this.options = options;
    this.path = options.path;
    this.output = options.output;
  }

  /** Resolves when the file holds what the reader reads. Throws CorruptRun when it is not this output, or its footer is damaged. */
  async bring({ owner, reads, signal }: OutputReader): Promise<void> {
    this.owner = owner;
    const { bytes } = this.options;
    await this.fill(endsOf(bytes), signal);
    const footerOffset = await this.checkEnds(signal);
    if (reads === null) {
      await this.fill([{ from: 0, to: bytes }], signal);
      return;
    }
    await this.fill([{ from: footerOffset, to: bytes }], signal);
    await this.fill(await this.rangesOf(reads, { footerOffset, signal }), signal);
  }

  /** Gives up all that is under way. The file may be deleted when this has resolved. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const piece of this.pieces) this.giveUp(piece);
    await Promise.allSettled(this.writing);
  }

  /** Gives up all that is under way, and deletes the file. */
  async delete(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  /** Resolves when all bytes of these ranges are in the file. */
  private async fill(ranges: readonly ByteRange[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.isClosed) throw new Error('the job is closed');
    const pieces = this.piecesOf(union(ranges));
    if (pieces.length === 0) return;
    for (const piece of pieces) piece.readers++;
    let stop = (): void => undefined;
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.race([Promise.all(pieces.map(piece => piece.arrived)), stopped]);
    } finally {
      signal.removeEventListener('abort', stop);
      for (const piece of pieces) {
        piece.readers--;
        if (piece.readers === 0 && this.pieces.has(piece)) this.giveUp(piece);
      }
    }
  }

  /** Those under way that bring some of it, and new ones for what is neither here nor under way. */
  private piecesOf(wanted: readonly ByteRange[]): Piece[] {
    const underWay = [...this.pieces];
    const requests = requestsFor({
      wanted,
      covered: union([...this.present, ...underWay.map(piece => piece.range)]),
      gapBytesMax: limits.fetchGapBytesMax,
      requestBytesMax: limits.fetchBytesMax,
    });
    const awaited = underWay.filter(piece => wanted.some(range => overlap(range, piece.range)));
    return [...awaited, ...requests.map(range => this.order(range))];
  }

  private order(range: ByteRange): Piece {
    const { transport, fetches, path, output, bytes, received } = this.options;
    const abort = new AbortController();
    const { signal } = abort;
    const work = fetches.within(signal, async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const owner = (): OutputOwner => this.owner as OutputOwner;
      await fetchRange({ transport, owner, output, bytes, range, path, signal, received });
    });
    const arrived = work.then(
      () => {
        this.pieces.delete(piece);
        this.present = union([...this.present, range]);
      },
      error => {
        this.pieces.delete(piece);
        throw error;
      },
    );
    const piece: Piece = { range, readers: 0, abort, arrived };
    this.pieces.add(piece);
    this.writing.add(arrived);
    const settled = (): void => void this.writing.delete(arrived);
    arrived.then(settled, settled);
    return piece;
  }

  /** Nobody finds it any more; who needs these bytes later asks anew. */
  private giveUp(piece: Piece): void {
    this.pieces.delete(piece);
    piece.abort.abort(new Error('nobody waits for it any more'));
  }

  /** Checks once that the header is that of this output; gives where its footer begins. */
  private async checkEnds(signal: AbortSignal): Promise<number> {
    if (this.footerOffset !== null) return this.footerOffset;
    const { path } = this;
    const { output, bytes } = this.options;
    const [header, trailer] = await this.look(signal, async file => [
      await this.read(file, { from: 0, to: Math.min(runHeaderBytes, bytes) }),
      await this.read(file, { from: Math.max(0, bytes - runTrailerBytes), to: bytes }),
    ]);
    return this.checked(() => {
      checkHeader(path, header, output);
      this.footerOffset = footerOffsetOf(path, trailer, bytes);
      return this.footerOffset;
    });
  }

  /** The footer is read and decoded for each reader anew: decoded ones of thousands of outputs would fill the memory. */
  private async rangesOf(
    reads: ReadRange,
    { footerOffset, signal }: { readonly footerOffset: number; readonly signal: AbortSignal },
  ): Promise<ByteRange[]> {
    const { path } = this;
    const encoded = await this.look(signal, file => this.read(file, { from: footerOffset, to: this.options.bytes }));
    return this.checked(() => rangesOf({ path, footerOffset, footer: decodeFooter(path, encoded) }, reads));
  }

  private look<Result>(signal: AbortSignal, read: (file: FileHandle) => Promise<Result>): Promise<Result> {
    return this.options.checks.within(signal, async () => {
      const file = await open(this.path, 'r');
      try {
        return await read(file);
      } finally {
        await file.close();
      }
    });
  }

  private async read(file: FileHandle, { from, to }: ByteRange): Promise<Buffer> {
    const buffer = Buffer.alloc(to - from);
    for (let done = 0; done < buffer.length; ) {
      const { bytesRead } = await file.read(buffer, done, buffer.length - done, from + done);
      if (bytesRead === 0) throw new CorruptRun(this.path, 'the file is cut short');
      done += bytesRead;
    }
    return buffer;
  }

  /** What came and is not what it should be is forgotten: who reads it next fetches it anew. */
  private checked<Result>(check: () => Result): Result {
    try {
      return check();
    } catch (error) {
      this.present = [];
      this.footerOffset = null;
      throw error;
    }
  }
}

/** Header and trailer, and with the trailer what is likely to be the whole footer; a small output altogether. */
function endsOf(bytes: number): ByteRange[] {
  if (bytes <= limits.fetchGapBytesMax) return [{ from: 0, to: bytes }];
  return [
    { from: 0, to: runHeaderBytes },
    { from: bytes - limits.fetchTailBytes, to: bytes },
  ];
}
