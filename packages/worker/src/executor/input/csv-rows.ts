// Rows of csv that go into the combining table of an edge without becoming records: where what is sent of a record is columns,
// the key one of any common type, the rest numbers that are folded.

import type { Column, Input, KeyPart, Select, Shuffle } from '@sheaf/protocol/graph';
import { CsvDecoder, type Decoder, type RowTaker } from '@sheaf/storage';
import type { TaskMemory } from '../../data/memory.ts';
import { type CsvCell, type CsvCellType, type CsvKernel, csvKernel } from '../../kernels/csv-kernel.ts';
import { keptKernel } from '../kept-kernels.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { Progress } from '../progress.ts';
import type { BatchTaker, EdgeWriter } from '../shuffle/edge-writer.ts';

type FilesInput = Extract<Input, { readonly type: 'files' }>;
type CsvFormat = Extract<FilesInput['format'], { readonly type: 'csv' }>;

/** What is sent of each row, in terms of its columns. */
interface Sent {
  readonly key: string;
  /** For each number of a group: the column, or a constant. */
  readonly numbers: readonly (string | number)[];
}

export interface CsvRowsOptions {
  readonly input: FilesInput;
  readonly edge: EdgeWriter;
  readonly job: LoadedJob;
  readonly recordBytesMax: number;
  readonly progress: Progress;
}

/** Has the decoder give its rows as bytes, where that can be. */
export function giveRows(decoder: Decoder, options: CsvRowsOptions): void {
  const { input, edge, job, recordBytesMax, progress } = options;
  const { format, schema } = input;
  const { batches, shuffle } = edge;
  if (!(decoder instanceof CsvDecoder) || format.type !== 'csv' || schema !== null || batches === null) return;
  const columns = format.columns ?? [];
  const sent = sentOf(shuffle, columns);
  if (sent === null || !columns.every(column => cellTypes.has(column.type))) return;
  const make = (): CsvRows => new CsvRows({ format, columns, sent, batches, memory: job.memory, recordBytesMax });
  const rows = keptKernel(job, batches.batch, JSON.stringify(format), make);
  rows.progress = progress;
  decoder.giveRows(rows);
}

const cellTypes: ReadonlySet<string> = new Set(['text', 'number', 'integer', 'boolean', 'date'] satisfies CsvCellType[]);

function sentOf({ key, value, combine }: Shuffle, columns: readonly Column[]): Sent | null {
  const [part] = key as readonly [KeyPart];
  if (part.select.type !== 'column' || combine === null || combine.type === 'function') return null;
  const sent = { key: part.select.name, numbers: [] as (string | number)[] };
  if (!columns.some(({ name }) => name === sent.key)) return null;
  const folded = combine.type === 'columns' ? (value.type === 'record' ? combine.columns : null) : [{ fold: combine.name, of: value }];
  for (const { fold, of } of folded ?? []) {
    const numbers = numbersOf(fold, of, columns);
    if (numbers === null) return null;
    sent.numbers.push(...numbers);
  }
  return folded === null ? null : sent;
}

/** What one record counts as, place by place (column-fold-kernel.ts). */
function numbersOf(fold: string, of: Select, columns: readonly Column[]): readonly (string | number)[] | null {
  if (fold === 'count') return [1];
  if (of.type === 'constant' && of.value === 1) return [1];
  if (of.type !== 'column') return null;
  const column = columns.find(({ name }) => name === of.name);
  if (column === undefined || column.optional || (column.type !== 'number' && column.type !== 'integer')) return null;
  if (fold === 'mean') return [of.name, 1];
  return fold === 'variance' ? [1, of.name, 0] : [of.name];
}

interface CsvRowsParts {
  readonly format: CsvFormat;
  readonly columns: readonly Column[];
  readonly sent: Sent;
  readonly batches: BatchTaker;
  readonly memory: TaskMemory;
  readonly recordBytesMax: number;
}

class CsvRows implements RowTaker {
  rows = 0;
  progress: Progress | null = null;
  private readonly parts: CsvRowsParts;
  private kernel: CsvKernel | null = null;
  /** By what the header says: the files of an input mostly have one header. */
  private readonly kernels = new Map<string, CsvKernel | null>();

  constructor(parts: CsvRowsParts) {
    this.parts = parts;
  }

  layout(cells: number, places: Int32Array): void {
    const layout = `${cells} ${places}`;
    let kernel = this.kernels.get(layout);
    if (kernel === undefined) {
      kernel = this.made(cells, places);
      this.kernels.set(layout, kernel);
    }
    this.kernel = kernel;
  }

  take(at: number, stop: number, end: number): number {
    this.rows = 0;
    const next = this.kernel === null ? at : this.kernel(at, stop, end);
    if (this.progress !== null) this.progress.records += this.rows;
    return next;
  }

  private made(cells: number, places: Int32Array): CsvKernel | null {
    const { format, columns, sent, batches, memory, recordBytesMax } = this.parts;
    const looked = columns
      .map((column, i): CsvCell => {
        const { type, optional, name } = column;
        const numbers = sent.numbers.flatMap((of, at) => (of === name ? [at] : []));
        return { place: places[i] as number, type: type as CsvCellType, optional, key: name === sent.key, numbers };
      })
      // Any text is one.
      .filter(({ type, key }) => type !== 'text' || key)
      .sort((a, b) => a.place - b.place);
    const constants = (value: number): number[] => sent.numbers.flatMap((of, at) => (of === value ? [at] : []));
    return csvKernel(
      {
        separator: format.separator.charCodeAt(0),
        multiline: format.multiline,
        ...{ cells, looked, rowBytesMax: recordBytesMax },
        ...{ width: sent.numbers.length, ones: constants(1), zeros: constants(0) },
      },
      {
        ...{ memory, addBatch: batches.add },
        taken: rows => {
          this.rows = rows;
        },
      },
    );
  }
}
