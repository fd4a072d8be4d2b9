// The writing side of an edge: records go into a combining table or an arena in the fixed memory, a full one is sorted by
// (partition, key) and spilled as a segment of the attempt's run file. What is written depends on the records and the
// settings alone: spills are decided by byte counts, ties by the order of arrival.

import { limits } from '@sheaf/protocol';
import type { Edge, Shuffle } from '@sheaf/protocol/graph';
import type { MapOutput } from '@sheaf/protocol/messages';
import type { BlockCodec } from '../../data/block-codec.ts';
import { encodeKey, encodeTextKey } from '../../data/key-codec.ts';
import type { Region } from '../../data/memory.ts';
import type { RunIds } from '../../data/run-format.ts';
import { RunWriter } from '../../data/run-writer.ts';
import { decodeValue, encodeTextValue, encodeValue } from '../../data/value-codec.ts';
import { type Arena, arenaKernel, type EncodedRecord } from '../../kernels/arena-kernel.ts';
import { entryWords } from '../../kernels/arena-sort.ts';
import type { ColumnFold } from '../../kernels/column-fold-kernel.ts';
import type { CombineTable } from '../../kernels/combine-table.ts';
import { instantiate } from '../../kernels/instantiate.ts';
import { batchKernelOf, type KeyBatch } from '../../kernels/key-batch.ts';
import { recordKernelOf } from '../../kernels/record-kernel.ts';
import { keptKernel } from '../kept-kernels.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { Progress } from '../progress.ts';
import { type LineCut, lineCutOf } from '../steps/line-cuts.ts';
import { keyWriterOf, type Pick, pickOf } from '../steps/selects.ts';
import { Combining } from './combining.ts';
import { type Partitioning, partitioningOf } from './partitioner.ts';
import { mergeSegments } from './segment-merge.ts';
import { type IndexTarget, sortedIndex, sortedTable } from './spill-index.ts';
import { numbersBytesMax, putArena, putTable, type TableEntries } from './spill-records.ts';

export interface EdgeWriterOptions {
  readonly job: LoadedJob;
  readonly edge: Edge;
  readonly ids: RunIds;
  readonly partitions: number;
  /** What the blocks of the run are packed with. Default 'raw'. */
  readonly codec?: BlockCodec;
  /** Arena or table, and room to sort its index. */
  readonly region: Region;
  /** Blocks on their way to the file. */
  readonly blocks: Region;
  readonly path: string;
  readonly recordBytesMax: number;
  /** Whoever reads the run takes groups, so that values of one key may lie together. Default false. */
  readonly readInGroups?: boolean;
  readonly progress: Progress;
  /** Refuses a record of more than so many bytes. */
  readonly tooLarge: (bytesMax: number) => never;
}

export interface FinishedEdge {
  readonly output: MapOutput;
  /** What the output's file would hold, and there is none. */
  readonly image: Uint8Array | null;
}

/** What a writer did, for the counters. */
export interface SpillCounts {
  spills: number;
  spilledBytes: number;
  combinedRecords: number;
}

/** A batch of keys, and what adds the first so many of it. */
export interface BatchTaker {
  readonly batch: KeyBatch;
  add(rows: number): void;
}

/** A table whose keys are strings, each of which counts as one value that is added up. */
export interface TextTable {
  readonly table: CombineTable;
  readonly value: number;
}

/** An arena whose keys are cuts of the lines that are its records. */
export interface LineArena {
  readonly arena: Arena;
  readonly cut: LineCut;
  /** The line is the value; otherwise there is none. */
  readonly withValue: boolean;
  readonly bytesMax: number;
  readonly recordBytesMax: number;
  /** Spills it. */
  flush(): void;
}

/** A broadcast is a run of one partition, without keys, in the order of arrival. */
const broadcastShuffle: Shuffle = { key: [], group: 0, value: { type: 'record' }, combine: null, partitioner: { type: 'hash' } };

export class EdgeWriter {
  readonly counts: SpillCounts = { spills: 0, spilledBytes: 0, combinedRecords: 0 };
  /** Adds a record. */
  readonly add: (record: unknown) => void;
  /** Adds the string key bytes[from, to), for edges whose key is the record and whose value is constant or none; else null. */
  readonly addText: ((from: number, to: number) => void) | null;
  /** Adds a record that is a string and lies in bytes[from, to), for edges whose value is the record; else null. */
  readonly addLine: ((record: string, from: number, to: number) => void) | null;
  /** Takes keys with numbers many at a time, for edges that fold numbers by a key of one part; else null. */
  readonly batches: BatchTaker | null;

  /** The table, for edges that add up a constant by the record; else null. */
  readonly texts: TextTable | null;

  /** The arena, for edges whose records may be lines that nobody needs as strings; else null. */
  readonly lines: LineArena | null;

  /** What is sent of a record. */
  readonly shuffle: Shuffle;
  readonly pickValue: Pick;
  /** Records are sent without a value. */
  readonly keyOnly: boolean;

  private readonly options: EdgeWriterOptions;
  /** null: all records are in partition 0. */
  private readonly partitioning: Partitioning;
  private readonly ordered: boolean;
  private readonly inGroups: boolean;
  private readonly table: CombineTable | null = null;
  private readonly arena: Arena | null = null;
  private readonly combining: Combining | null = null;
  /** What the region has room for may be less than the budget allows. */
  private readonly recordBytesMax: number;
  private readonly run: RunWriter;
  private open = true;

  constructor(options: EdgeWriterOptions) {
    this.options = options;
    const { edge, job, region, partitions } = options;
    this.shuffle = edge.type === 'shuffle' ? edge.shuffle : broadcastShuffle;
    this.ordered = this.shuffle.key.length > this.shuffle.group;
    this.partitioning = partitioningOf(this.shuffle, partitions, job);
    this.keyOnly = this.shuffle.combine === null && this.shuffle.value.type === 'none';
    const isPlain = this.shuffle.partitioner.type !== 'range' && !this.ordered && !this.keyOnly;
    this.inGroups = options.readInGroups === true && isPlain && this.shuffle.key.length > 0;
    if (this.shuffle.combine === null) {
      const bytesMax = arenaBytesMax(region);
      this.recordBytesMax = Math.min(options.recordBytesMax, bytesMax - 32);
      this.pickValue = pickOf(this.shuffle.value, job);
      this.arena = this.makeArena(bytesMax);
      this.add = this.arena.add;
      this.addText = this.textAdder(this.arena);
      this.addLine = this.shuffle.value.type === 'record' ? this.arena.addLine : null;
      this.batches = null;
      this.texts = null;
      this.lines = this.lineArena(this.arena, bytesMax);
    } else {
      const combining = this.combiningOf();
      const { table, batch } = combining;
      this.combining = combining;
      this.recordBytesMax = combining.recordBytesMax;
      this.pickValue = combining.pickValue;
      this.table = table;
      this.add = table.add;
      const value = this.constantOfRecord();
      this.addText = value === null ? null : (from, to) => table.addText(from, to, value);
      const sums = this.shuffle.combine.type === 'built-in' && ['sum', 'count'].includes(this.shuffle.combine.name);
      this.texts = value === null || !sums ? null : { table, value };
      this.addLine = null;
      this.lines = null;
      this.batches = batch && { batch, add: table.addBatch };
    }
    this.run = this.newRun(options.path);
  }

  /** Adds a record that was encoded elsewhere: the parts of its key, then the value that `pickValue` gave. */
  addEncoded(source: Uint8Array, at: EncodedRecord): void {
    if (this.table === null) this.arena?.addEncoded(source, at);
    else this.table.addEncoded(source, at, decodeValue(source, at.keyTo, at.to));
  }

  /** Spills what is left and finishes the run: of at most `imageBytesMax` it is given as bytes, and has no file. */
  finish(imageBytesMax = 0): FinishedEdge {
    this.spill();
    const { edge, ids, path } = this.options;
    this.counts.combinedRecords = this.table?.folded() ?? 0;
    // Too many segments are merged, from a file.
    const tooMany = this.run.segments > limits.mergeFanInMax;
    let finished = this.run.finish(tooMany ? 0 : imageBytesMax);
    this.open = false;
    if (tooMany) {
      finished = mergeSegments({
        job: this.options.job,
        run: finished,
        ids,
        region: this.options.region,
        recordBytesMax: this.recordBytesMax,
        progress: this.options.progress,
        ordered: this.ordered,
        newRun: () => this.newRun(path),
      });
    }
    const { bytes, records, hash, partitionBytes, image } = finished;
    const sizes = edge.type === 'broadcast' ? [] : partitionBytes;
    return { image, output: { edge: ids.edge, path: finished.path, bytes, records, hash, partitionBytes: sizes } };
  }

  /** The attempt failed: closes and removes the file. */
  abandon(): void {
    if (this.open) this.run.abandon();
    this.open = false;
  }

  private newRun(path: string): RunWriter {
    const { job, ids, blocks, partitions, codec = 'raw' } = this.options;
    const indexBlocks = this.shuffle.partitioner.type === 'range';
    return new RunWriter({ memory: job.memory, region: blocks, path, ids, partitions, ordered: this.ordered, indexBlocks, codec });
  }

  private makeArena(bytesMax: number): Arena {
    const { job, region } = this.options;
    const { recordBytesMax } = this;
    const keys = keyWriterOf(this.shuffle.key, this.shuffle.group, job);
    return instantiate(arenaKernel)({
      bytes: job.memory.bytes,
      words: job.memory.words,
      arenaFrom: region.from + 16,
      arenaTo: region.to,
      bytesMax,
      recordBytesMax,
      pickKey: keys.pickKey,
      pickValue: this.pickValue,
      simple: keys.simple,
      keyOnly: this.keyOnly,
      ordered: this.ordered,
      putKey: keys.putKey,
      groupLength: keys.groupLength,
      encodeKey,
      encodeTextKey,
      encodeValue,
      encodeTextValue,
      tooLarge: () => this.options.tooLarge(recordBytesMax),
      flush: () => this.spill(),
    });
  }

  private combiningOf(): Combining {
    const { job, edge, region, recordBytesMax } = this.options;
    const make = (): Combining => new Combining({ job, shuffle: this.shuffle, region, recordBytesMax });
    const combining = keptKernel(job, edge, `combining ${region.from} ${region.to} ${recordBytesMax}`, make);
    combining.begin({ spill: () => this.spill(), tooLarge: () => this.options.tooLarge(this.recordBytesMax) });
    return combining;
  }

  private textAdder(arena: Arena): EdgeWriter['addText'] {
    return this.keyIsRecord() && this.shuffle.value.type === 'none' ? arena.addText : null;
  }

  private lineArena(arena: Arena, bytesMax: number): LineArena | null {
    const { key, group, value } = this.shuffle;
    const [part] = key;
    if (part === undefined || key.length > 1 || group !== 1 || part.desc || (value.type !== 'record' && !this.keyOnly)) return null;
    const cut = lineCutOf(part.select, this.options.job);
    const { recordBytesMax, keyOnly } = this;
    return cut && { arena, cut, withValue: !keyOnly, bytesMax, recordBytesMax, flush: () => this.spill() };
  }

  /** What every record counts as, where the record is the key and all count alike. */
  private constantOfRecord(): number | null {
    const { value, combine } = this.shuffle;
    if (!this.keyIsRecord() || combine?.type !== 'built-in') return null;
    if (combine.name === 'count') return 1;
    return value.type === 'constant' && typeof value.value === 'number' ? value.value : null;
  }

  private keyIsRecord(): boolean {
    const [part] = this.shuffle.key;
    return this.shuffle.key.length === 1 && this.shuffle.group === 1 && part?.select.type === 'record' && !part.desc;
  }

  /** Sorts what is in memory and appends it to the run as a segment. */
  private spill(): void {
    const { region, job } = this.options;
    const partitions = this.partitioning === 'one' ? 1 : this.options.partitions;
    const { columns = null } = this.combining ?? {};
    const source = this.table ?? (this.arena as Arena);
    if (source.count() === 0) return;
    // An arena's index lies behind its records, a table's in the place of its slots.
    const entries = (this.arena === null ? region.from + numbersBytesMax(columns) : (this.arena.top() + 15) & ~15) >>> 2;
    const target: IndexTarget = { memory: job.memory, entries, partitions, partitioning: this.partitioning };
    const index =
      this.combining !== null
        ? sortedTable(target, { ...this.combining.layout, count: source.count(), spare: this.spareOfTable(source.count()) })
        : sortedIndex(target, { from: region.from + 16, to: (this.arena as Arena).top(), ordered: this.ordered });
    this.run.beginSegment();
    this.counts.spilledBytes +=
      this.table === null
        ? putArena(this.run, index, { kernel: recordKernelOf(job.memory), ordered: this.ordered, inGroups: this.inGroups })
        : putTable(this.run, index, this.tableEntries(columns));
    this.run.endSegment();
    this.counts.spills++;
    source.clear();
  }

  private tableEntries(columns: ColumnFold | null): TableEntries {
    const { region, job } = this.options;
    const kernel = batchKernelOf(job.memory);
    return { kernel, ordered: this.ordered, numbersAt: region.from, floats: job.memory.floats, columns };
  }

  private spareOfTable(count: number): number {
    const { region } = this.options;
    return ((region.to - count * entryWords * 4) & ~15) >>> 2;
  }
}

/**
 * The count that flushes an arena. A record is accounted for with key, value and 32 bytes, and takes at most half as much again:
 * 12 bytes of lengths, up to 3 of padding, and 32 of index when the arena is sorted.
 */
function arenaBytesMax(region: Region): number {
  return Math.floor((region.to - region.from - 64) / 1.5);
}
