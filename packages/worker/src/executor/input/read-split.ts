// The reading of a split: chunks of each piece go into a window of the fixed memory, the decoder delivers the records that are
// whole in it, what is left moves to the front. Everything between two chunks is synchronous; only packed files and steps that are waited for make it wait.

import { limits } from '@sheaf/protocol';
import type { ListedFile, Piece } from '@sheaf/protocol/graph';
import { type ByteSource, type Decoder, LineDecoder, lineEndsBefore, lineEndsIn, openBytes } from '@sheaf/storage';
import type { Region, TaskMemory } from '../../data/memory.ts';
import type { Progress } from '../progress.ts';
import type { Push } from '../steps/step-calls.ts';
import type { WaitingSteps } from '../steps/waiting-steps.ts';
import type { QuoteStarts } from './quote-starts.ts';

export interface SplitReaderOptions {
  readonly memory: TaskMemory;
  readonly window: Region;
  readonly decoder: Decoder;
  /** Takes each record. */
  readonly each: Push;
  /** Takes the bytes of each record instead, where every step can. */
  readonly eachBytes: ((from: number, to: number) => void) | null;
  /** Takes each line with its bytes instead, where the step that takes it sends it on. */
  readonly eachLine: ((line: string, from: number, to: number) => void) | null;
  readonly progress: Progress;
  /** Waited for between chunks. */
  readonly waits: WaitingSteps | null;
  /** Of a csv whose quotes were scanned: where its pieces start. */
  readonly starts: QuoteStarts | null;
  /** `line()` will be asked. */
  readonly countsLines: boolean;
}

export class SplitReader {
  private readonly options: SplitReaderOptions;
  /** File offset of the window's first byte, and how far the window is filled. */
  private windowOffset = 0;
  private end: number;
  /** What the piece's own bytes are: more is read only to find the end of its last record. */
  private from = 0;
  private to = 0;
  private file: ListedFile | null = null;
  /** Where reading began in the file, and the line ends before that, once somebody wants to know. */
  private beganAt = 0;
  private linesBefore: number | null = null;
  /** Line ends since then, up to an index of the window. */
  private linesPassed = 0;
  private countedTo = 0;

  constructor(options: SplitReaderOptions) {
    this.options = options;
    this.end = options.window.from;
  }

  async read(files: readonly ListedFile[], pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      const file = files[piece.file];
      if (file === undefined) throw new Error(`split: piece of file ${piece.file} of ${files.length}`);
      const reading = this.readPiece(file, piece);
      if (reading !== undefined) await reading;
    }
  }

  /** The first characters of the record the decoder is at. */
  preview(charsMax: number = limits.recordPreviewChars): string {
    const { memory, decoder, window } = this.options;
    const { offset, length } = decoder.position;
    const from = window.from + (offset - this.windowOffset);
    if (from < window.from || from > this.end) return '';
    const to = Math.min(this.end, from + Math.min(length, charsMax * 4));
    return memory.buffer.toString('utf8', from, to).slice(0, charsMax);
  }

  /** The number, from 1, of the line in which the record begins that the decoder is at; null when that is too deep in the file. */
  line(): number | null {
    const { decoder, window, countsLines } = this.options;
    const { offset } = decoder.position;
    if (this.file === null || !countsLines) throw new Error('nobody counts lines');
    if (offset > limits.deadLetterLineBytesMax) return null;
    this.linesBefore ??= this.beganAt === 0 ? 0 : lineEndsBefore(this.file, this.beganAt);
    this.countLines(window.from + (offset - this.windowOffset));
    return this.linesBefore + this.linesPassed + 1;
  }

  private countLines(to: number): void {
    if (to <= this.countedTo) return;
    this.linesPassed += lineEndsIn(this.options.memory.bytes, this.countedTo, to);
    this.countedTo = to;
  }

  /** Synchronous for a plain file, a promise for a packed one or where steps are waited for. */
  private readPiece(file: ListedFile, piece: Piece): undefined | Promise<void> {
    const { decoder, window, starts } = this.options;
    this.from = piece.from;
    this.to = file.packed === null ? piece.to : Number.POSITIVE_INFINITY;
    const startsInside = starts?.isInside(file.path, this.from) ?? false;
    this.windowOffset = decoder.begin({ file: file.path, from: this.from, to: this.to, startsInside });
    this.end = window.from;
    this.file = file;
    this.beganAt = this.windowOffset;
    this.linesBefore = null;
    this.linesPassed = 0;
    this.countedTo = window.from;
    const source = openBytes(file, this.windowOffset);
    if (file.packed !== null || this.options.waits !== null) return this.readWaiting(source);
    try {
      for (let final = false; !final && !decoder.done; ) {
        const count = source.read(this.options.memory.bytes, this.end, this.room()) as number;
        final = this.take(count);
      }
    } finally {
      source.close();
    }
    return undefined;
  }

  private async readWaiting(source: ByteSource): Promise<void> {
    const { decoder, memory, waits } = this.options;
    try {
      for (let final = false; !final && !decoder.done; ) {
        const reading = source.read(memory.bytes, this.end, this.room());
        final = this.take(typeof reading === 'number' ? reading : await reading);
        if (waits?.full === true) await waits.drain();
      }
    } finally {
      source.close();
    }
  }

  /** How much the next read may bring: a chunk, or more when a record is longer than one; little behind the piece. */
  private room(): number {
    const { window } = this.options;
    const used = this.end - window.from;
    const wanted = used < limits.chunkBytes ? limits.chunkBytes - used : used;
    const left = Math.max(0, this.to - this.windowOffset - used) + Math.max(limits.blockBytes, used);
    const room = Math.min(wanted, left, window.to - this.end);
    // A decoder refuses a record of more than a quarter of the memory, and the window is larger than that.
    if (room <= 0) throw new Error('a decoder keeps more than its window holds');
    return room;
  }

  private decode(begin: number, end: number, final: boolean): number {
    const { memory, decoder, each, eachBytes, eachLine } = this.options;
    if (decoder instanceof LineDecoder) {
      if (eachBytes !== null) return decoder.decodeBytes(memory.bytes, { begin, end, final }, eachBytes, each);
      if (eachLine !== null) return decoder.decodeLines(memory.bytes, { begin, end, final }, eachLine, each);
    }
    return decoder.decode(memory.bytes, begin, end, final, each);
  }

  /** Decodes what has come; true when the file has ended. */
  private take(count: number): boolean {
    const { memory, progress, window, countsLines } = this.options;
    const readFrom = this.windowOffset + (this.end - window.from);
    progress.bytes += Math.max(0, Math.min(readFrom + count, this.to) - Math.max(readFrom, this.from));
    this.end += count;
    const final = count === 0;
    const { end } = this;
    const begin = window.from;
    const consumed = this.decode(begin, end, final);
    if (consumed > begin) {
      if (countsLines) this.countLines(consumed);
      this.countedTo = begin;
      memory.bytes.copyWithin(begin, consumed, end);
      this.windowOffset += consumed - begin;
      this.end = begin + (end - consumed);
    }
    progress.check();
    return final;
  }
}
