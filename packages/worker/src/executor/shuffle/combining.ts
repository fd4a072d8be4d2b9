// The combining table of an edge, with what it folds by. It is made once for all tasks that write the edge, one after another.

import type { Shuffle } from '@sheaf/protocol/graph';
import { encodeAsciiKey, encodeKey, encodeTextKey } from '../../data/key-codec.ts';
import type { Region } from '../../data/memory.ts';
import { decodeValue, encodeNumberValue, encodeValue } from '../../data/value-codec.ts';
import { batchFoldsOf, type ColumnFold } from '../../kernels/column-fold-kernel.ts';
import { combineKernel } from '../../kernels/combine-kernel.ts';
import type { CombineDependencies, CombineTable } from '../../kernels/combine-table.ts';
import { instantiate } from '../../kernels/instantiate.ts';
import { type BatchFold, batchWidthMax, type KeyBatch, keyBatch, keyQueue } from '../../kernels/key-batch.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { columnFoldOf } from '../steps/column-folding.ts';
import { addsUp, foldingOf } from '../steps/folds.ts';
import { keyWriterOf, type Pick, pickOf } from '../steps/selects.ts';
import { numbersBytesMax } from './spill-records.ts';
import { type TableLayout, tableLayout } from './table-layout.ts';

/** The writer that uses the table now. */
export interface TableOwner {
  /** Spills the table, and clears it. */
  spill(): void;
  /** Refuses a record that is over the table's limit. */
  tooLarge(): never;
}

export interface CombiningOptions {
  readonly job: LoadedJob;
  readonly shuffle: Shuffle;
  readonly region: Region;
  readonly recordBytesMax: number;
}

/** What a table folds by, and how keys come to it. */
interface TableParts {
  readonly fold: CombineDependencies['fold'];
  readonly pickValue: CombineDependencies['pickValue'];
  readonly batch: CombineDependencies['batch'];
  readonly queue: CombineDependencies['queue'];
}

export class Combining {
  readonly table: CombineTable;
  readonly layout: TableLayout;
  /** A fold of several numbers. */
  readonly columns: ColumnFold | null;
  /** The value of a record as the table first has it, for records that are encoded elsewhere. */
  readonly pickValue: Pick;
  /** Takes keys with numbers many at a time, where the key has one part and all values are numbers that are folded; else null. */
  readonly batch: KeyBatch | null;
  readonly recordBytesMax: number;
  private owner: TableOwner | null = null;

  constructor({ job, shuffle, region, recordBytesMax }: CombiningOptions) {
    const { combine, value } = shuffle;
    if (combine === null) throw new Error('an edge without a combiner has no table');
    this.columns = combine.type === 'columns' ? columnFoldOf(combine.columns, job) : null;
    // The first bytes of the region hold the encoded number or numbers of one entry at a time while the table is spilled.
    this.layout = tableLayout({ from: region.from + numbersBytesMax(this.columns), to: region.to });
    this.recordBytesMax = Math.min(recordBytesMax, this.layout.valueBytesMax);
    const folding = foldingOf(combine, job, false);
    const pick = pickOf(value, job);
    const first = combine.type === 'built-in' && combine.name === 'count' ? (record: unknown) => folding.first(pick(record)) : pick;
    this.pickValue = this.columns === null ? first : listOf(this.columns, pick);
    this.batch = batchOf(job, shuffle, this.columns?.width ?? 1);
    const queue = isQueued(job, shuffle) ? keyQueue() : null;
    const batch = queue === null ? this.batch : keyBatch(job.memory, ['add'], true);
    this.table = this.tableOf(job, shuffle, { fold: folding.fold, pickValue: this.columns === null ? first : pick, batch, queue });
  }

  /** Hands the table to the writer of the next task. */
  begin(owner: TableOwner): void {
    this.owner = owner;
    this.table.begin();
  }

  private tableOf(job: LoadedJob, shuffle: Shuffle, by: TableParts): CombineTable {
    const { layout, recordBytesMax, columns } = this;
    const { pickKey, simple, putKey, groupLength } = keyWriterOf(shuffle.key, shuffle.group, job);
    const scratch = new Uint8Array(16);
    return instantiate(combineKernel)({
      bytes: job.memory.bytes,
      words: job.memory.words,
      floats: job.memory.floats,
      ...layout,
      ...{ recordBytesMax, pickKey, ...by, columns, simple, putKey, groupLength },
      ...{ encodeAsciiKey, encodeKey, encodeTextKey, encodeValue, decodeValue },
      numberBytes: value => encodeNumberValue(value, scratch, 0, 16),
      tooLarge: () => (this.owner as TableOwner).tooLarge(),
      flush: () => this.owner?.spill(),
    });
  }
}

/**
 * Numbers that are added up by a key that a function made come one by one, and go into the table many at a time. (Those of columns
 * come as batches where they can, and share the memory of batches.)
 */
function isQueued(job: LoadedJob, { key, group, combine }: Shuffle): boolean {
  const [part] = key;
  const isMade = part?.select.type === 'item' || part?.select.type === 'function';
  return isMade && key.length === 1 && group === 1 && !part.desc && combine !== null && addsUp(combine, job);
}

const builtIn = { sum: 'add', count: 'add', min: 'minimum', max: 'maximum' } as const;

function batchOf({ memory }: LoadedJob, { key, combine }: Shuffle, width: number): KeyBatch | null {
  if (key.length !== 1 || key[0]?.desc !== false || combine === null || combine.type === 'function' || width > batchWidthMax) return null;
  if (combine.type === 'built-in') return keyBatch(memory, [builtIn[combine.name]], true);
  return keyBatch(
    memory,
    combine.columns.flatMap(({ fold }): readonly BatchFold[] => batchFoldsOf[fold]),
    false,
  );
}

/** The numbers that a record counts as, as a list. */
function listOf({ take }: ColumnFold, pick: Pick): Pick {
  return record => {
    const places: number[] = [];
    take(pick(record), places);
    return places;
  };
}
