// The writing side of an edge: records go into a combining table or an arena in the fixed memory, a full one is sorted by
// (partition, key) and spilled as a segment of the attempt's run file. What is written depends on the records and the
// settings alone: spills are decided by byte counts, ties by the order of arrival.

import { limits } from '@sheaf/protocol';
import type { Edge, Shuffle } from '@sheaf/protocol/graph';
import type { MapOutput } from '@sheaf/protocol/messages';
import { type ArenaIndex, entryWords, sortArena } from '../../data/arena-sort.ts';
import type { BlockCodec } from '../../data/block-codec.ts';
import { encodeAsciiKey, encodeKey, encodeTextKey } from '../../data/key-codec.ts';
import type { Region } from '../../data/memory.ts';
import type { RunIds } from '../../data/run-format.ts';
import { RunWriter } from '../../data/run-writer.ts';
import { decodeValue, encodeNumberValue, encodeTextValue, encodeValue } from '../../data/value-codec.ts';
import { type Arena, arenaKernel, type EncodedRecord } from '../../kernels/arena-kernel.ts';
import type { ColumnFold } from '../../kernels/column-fold-kernel.ts';
import { type CombineTable, combineKernel } from '../../kernels/combine-kernel.ts';
import { instantiate } from '../../kernels/instantiate.ts';
import { recordKernelOf } from '../../kernels/record-kernel.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { Progress } from '../progress.ts';
import { columnFoldOf } from '../steps/column-folding.ts';
import { type Folding, foldingOf } from '../steps/folds.ts';
import { keyWriterOf, type Pick, pickOf } from '../steps/selects.ts';
import { type PartitionOf, partitionerOf } from './partitioner.ts';
import { mergeSegments } from './segment-merge.ts';
import { type IndexTarget, indexArena, indexTable } from './spill-index.ts';
import { numbersBytesMax, putArena, putTable } from './spill-records.ts';
import { type TableLayout, tableLayout } from './table-layout.ts';

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
  readonly progress: Progress;
  /** Refuses a record of more than so many bytes. */
  readonly tooLarge: (bytesMax: number) => never;
}

/** What a writer did, for the counters. */
export interface SpillCounts {
  spills: number;
  spilledBytes: number;
  combinedRecords: number;
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

  /** What is sent of a record. */
  readonly shuffle: Shuffle;
  readonly pickValue: Pick;
  /** Records are sent without a value. */
  readonly keyOnly: boolean;

  private readonly options: EdgeWriterOptions;
  private readonly partitionOf: PartitionOf;
  private readonly ordered: boolean;
  private readonly table: CombineTable | null = null;
  private readonly arena: Arena | null = null;
  /** Word index of a table's entries. */
  private readonly entriesAt: number;
  private readonly numbersAt: number;
  /** A table of several numbers an entry. */
  private readonly columns: ColumnFold | null;
  /** What the region has room for may be less than the budget allows. */
  private readonly recordBytesMax: number;
  private readonly run: RunWriter;
  private open = true;

  constructor(options: EdgeWriterOptions) {
    this.options = options;
    const { edge, job, region, partitions } = options;
    this.shuffle = edge.type === 'shuffle' ? edge.shuffle : broadcastShuffle;
    this.ordered = this.shuffle.key.length > this.shuffle.group;
    this.partitionOf = partitionerOf(this.shuffle, partitions, job);
    this.keyOnly = this.shuffle.combine === null && this.shuffle.value.type === 'none';
    const { combine } = this.shuffle;
    this.columns = combine?.type === 'columns' ? columnFoldOf(combine.columns, job) : null;
    // The first bytes of the region hold the encoded number or numbers of one entry at a time while a table is spilled.
    this.numbersAt = region.from;
    const layout = tableLayout({ from: region.from + numbersBytesMax(this.columns), to: region.to });
    this.entriesAt = layout.entriesAt;
    if (combine === null) {
      const bytesMax = arenaBytesMax(region);
      this.recordBytesMax = Math.min(options.recordBytesMax, bytesMax - 32);
      this.pickValue = pickOf(this.shuffle.value, job);
      this.arena = this.makeArena(bytesMax);
      this.add = this.arena.add;
      this.addText = this.textAdder(this.arena);
      this.addLine = this.shuffle.value.type === 'record' ? this.arena.addLine : null;
    } else {
      this.recordBytesMax = Math.min(options.recordBytesMax, layout.valueBytesMax);
      const folding = foldingOf(combine, job, false);
      this.pickValue = this.columns === null ? this.firstValue(folding) : listOf(this.columns, pickOf(this.shuffle.value, job));
      this.table = this.makeTable(layout, folding);
      this.add = this.table.add;
      this.addText = this.textAdderOfTable(this.table);
      this.addLine = null;
    }
    // Last, as it opens a file.
    this.run = this.newRun(options.path);
  }

  /** Adds a record that was encoded elsewhere: the parts of its key, then the value that `pickValue` gave. */
  addEncoded(source: Uint8Array, at: EncodedRecord): void {
    if (this.table === null) this.arena?.addEncoded(source, at);
    else this.table.addEncoded(source, at, decodeValue(source, at.keyTo, at.to));
  }

  /** Spills what is left and finishes the run file. */
  finish(): MapOutput {
    this.spill();
    const { edge, ids, path } = this.options;
    this.counts.combinedRecords = this.table?.folded() ?? 0;
    let finished = this.run.finish();
    this.open = false;
    if (this.run.segments > limits.mergeFanInMax) {
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
    const { bytes, records, hash, partitionBytes } = finished;
    return { edge: ids.edge, path: finished.path, bytes, records, hash, partitionBytes: edge.type === 'broadcast' ? [] : partitionBytes };
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

  private makeTable(layout: TableLayout, folding: Folding): CombineTable {
    const { job } = this.options;
    const { recordBytesMax } = this;
    const keys = keyWriterOf(this.shuffle.key, this.shuffle.group, job);
    const scratch = new Uint8Array(16);
    return instantiate(combineKernel)({
      bytes: job.memory.bytes,
      words: job.memory.words,
      floats: job.memory.floats,
      ...layout,
      recordBytesMax,
      pickKey: keys.pickKey,
      pickValue: this.columns === null ? this.pickValue : pickOf(this.shuffle.value, job),
      fold: folding.fold,
      columns: this.columns,
      simple: keys.simple,
      putKey: keys.putKey,
      groupLength: keys.groupLength,
      encodeAsciiKey,
      encodeKey,
      encodeTextKey,
      encodeValue,
      decodeValue,
      numberBytes: value => encodeNumberValue(value, scratch, 0, 16),
      tooLarge: () => this.options.tooLarge(recordBytesMax),
      flush: () => this.spill(),
    });
  }

  private firstValue(folding: Folding): Pick {
    const pick = pickOf(this.shuffle.value, this.options.job);
    const { combine } = this.shuffle;
    if (combine?.type !== 'built-in' || combine.name !== 'count') return pick;
    return record => folding.first(pick(record));
  }

  private textAdder(arena: Arena): EdgeWriter['addText'] {
    return this.keyIsRecord() && this.shuffle.value.type === 'none' ? arena.addText : null;
  }

  private textAdderOfTable(table: CombineTable): EdgeWriter['addText'] {
    const { value, combine } = this.shuffle;
    if (!this.keyIsRecord() || combine?.type !== 'built-in') return null;
    if (combine.name === 'count') return (from, to) => table.addText(from, to, 1);
    if (value.type !== 'constant' || typeof value.value !== 'number') return null;
    const constant = value.value;
    return (from, to) => table.addText(from, to, constant);
  }

  private keyIsRecord(): boolean {
    const [part] = this.shuffle.key;
    return this.shuffle.key.length === 1 && this.shuffle.group === 1 && part?.select.type === 'record' && !part.desc;
  }

  /** Sorts what is in memory and appends it to the run as a segment. */
  private spill(): void {
    const { region, job, partitions } = this.options;
    const source = this.table ?? (this.arena as Arena);
    if (source.count() === 0) return;
    // An arena's index lies behind its records, a table's in the place of its slots.
    const entries = (this.arena === null ? this.numbersAt + numbersBytesMax(this.columns) : (this.arena.top() + 15) & ~15) >>> 2;
    const spare = this.arena === null ? this.spareOfTable(source.count()) : entries + source.count() * entryWords;
    const target: IndexTarget = { memory: job.memory, entries, partitionOf: this.partitionOf };
    const { count, skip } =
      this.arena === null
        ? indexTable(target, { entriesAt: this.entriesAt, count: source.count() })
        : indexArena(target, { from: region.from + 16, to: this.arena.top(), ordered: this.ordered });
    const { bytes, words } = job.memory;
    const index: ArenaIndex = { bytes, words, entries, spare, count, partitions };
    sortArena(index, skip);
    this.run.beginSegment();
    this.counts.spilledBytes +=
      this.table === null
        ? putArena(this.run, index, { kernel: recordKernelOf(job.memory), ordered: this.ordered })
        : putTable(this.run, index, {
            entriesAt: this.entriesAt,
            numbersAt: this.numbersAt,
            floats: job.memory.floats,
            columns: this.columns,
          });
    this.run.endSegment();
    this.counts.spills++;
    source.clear();
  }

  private spareOfTable(count: number): number {
    const { region } = this.options;
    return ((region.to - count * entryWords * 4) & ~15) >>> 2;
  }
}

/** The numbers that a record counts as, as a list. */
function listOf({ take }: ColumnFold, pick: Pick): Pick {
  return record => {
    const places: number[] = [];
    take(pick(record), places);
    return places;
  };
}

/**
 * The count that flushes an arena. A record is accounted for with key, value and 32 bytes, and takes at most half as much again:
 * 12 bytes of lengths, up to 3 of padding, and 32 of index when the arena is sorted.
 */
function arenaBytesMax(region: Region): number {
  return Math.floor((region.to - region.from - 64) / 1.5);
}
