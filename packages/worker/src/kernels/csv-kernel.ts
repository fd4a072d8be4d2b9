// Rows of csv that go from their bytes into a combining table: a key of one column, numbers of others, no record in between, by a
// loop in WebAssembly (assembly/csv.ts). It takes rows in their usual spelling and stops before any other: its caller has the
// decoder read that one, and say what is wrong with it, if anything is.
//
// What it relies on: bytes[at, end) are valid UTF-8, and the last of them is a line feed.

import type { TaskMemory } from '../data/memory.ts';
import { csvWasm } from './csv-wasm.ts';
import { batchEndsAt, batchRows } from './key-batch.ts';
import { wasmKernel } from './wasm-kernel.ts';

export type CsvCellType = 'text' | 'number' | 'integer' | 'boolean' | 'date';

/** A cell that is looked at. */
export interface CsvCell {
  /** Which cell of a row. */
  readonly place: number;
  readonly type: CsvCellType;
  readonly optional: boolean;
  /** It is the key. */
  readonly key: boolean;
  /** The numbers of a key that are this cell's. */
  readonly numbers: readonly number[];
}

export interface CsvKernelOptions {
  readonly separator: number;
  readonly multiline: boolean;
  /** Cells of a row. */
  readonly cells: number;
  /** In the order of their places; a place once. */
  readonly looked: readonly CsvCell[];
  /** Numbers of each key, and those that are the same for all. */
  readonly width: number;
  readonly ones: readonly number[];
  readonly zeros: readonly number[];
  readonly rowBytesMax: number;
}

export interface CsvKernelDependencies {
  readonly memory: TaskMemory;
  readonly addBatch: (rows: number) => void;
  /** Told how many rows were taken. */
  readonly taken: (rows: number) => void;
}

/** Takes rows from `at` on that begin before `stop`; gives the index behind the last one. */
export type CsvKernel = (at: number, stop: number, end: number) => number;

/** Addresses are bytes of the fixed memory. What each does says assembly/csv.ts. */
interface RowKernel {
  rows(separator: number, multiline: boolean, bytesMax: number): void;
  cells(steps: number, count: number, batch: number, width: number, ones: number, zeros: number): void;
  read(at: number, stop: number, end: number): number;
  next(): number;
}

const rowKernelOf: (memory: TaskMemory) => RowKernel = wasmKernel(csvWasm);

const cellTypes = { text: 0, number: 1, integer: 2, boolean: 3, date: 4 } as const satisfies { readonly [Type in CsvCellType]: number };
/** What stands behind the last cell that is looked at. */
const nothing = 5;
const flags = { optional: 1, key: 2, last: 4 } as const;
const stepBytes = 8;
const powersBytes = 128;

/** null: there are more cells to look at than a program has room for. */
export function csvKernel(options: CsvKernelOptions, { memory, addBatch, taken }: CsvKernelDependencies): CsvKernel | null {
  const program = programOf(options);
  const { from, to } = memory.scratch;
  // Behind the batch, which is folded by other kernels between two calls.
  const programAt = from + batchEndsAt;
  if (programAt + program.length > to) return null;
  const kernel = rowKernelOf(memory);
  const { separator, multiline, rowBytesMax, width } = options;
  const steps = (program.length - powersBytes) / stepBytes;
  const [ones, zeros] = [bitsOf(options.ones), bitsOf(options.zeros)];
  return (at, stop, end) => {
    let next = at;
    let rows = 0;
    kernel.rows(separator, multiline, rowBytesMax);
    kernel.cells(programAt, steps, from, width, ones, zeros);
    for (let read = batchRows; read === batchRows; ) {
      memory.bytes.set(program, programAt);
      read = kernel.read(next, stop, end);
      next = kernel.next() >>> 0;
      rows += read;
      if (read > 0) addBatch(read);
    }
    taken(rows);
    return next;
  };
}

/** Powers of ten, then a step for each cell that is looked at. */
function programOf({ looked, cells }: CsvKernelOptions): Uint8Array {
  const isWhole = looked.at(-1)?.place === cells - 1;
  const steps = looked.length + (isWhole ? 0 : 1);
  const program = new Uint8Array(powersBytes + steps * stepBytes);
  const view = new DataView(program.buffer);
  for (let exponent = 0; exponent < 16; exponent++) view.setFloat64(8 * exponent, 10 ** exponent, true);
  const put = (step: number, passed: number, [type, flag, numbers]: readonly [number, number, number]): void => {
    const at = powersBytes + step * stepBytes;
    view.setUint32(at, passed, true);
    view.setUint8(at + 4, type);
    view.setUint8(at + 5, flag | (step === steps - 1 ? flags.last : 0));
    view.setUint16(at + 6, numbers, true);
  };
  let place = 0;
  looked.forEach((cell, step) => {
    const flag = (cell.optional ? flags.optional : 0) | (cell.key ? flags.key : 0);
    put(step, cell.place - place, [cellTypes[cell.type], flag, bitsOf(cell.numbers)]);
    place = cell.place + 1;
  });
  if (!isWhole) put(looked.length, cells - 1 - place, [nothing, 0, 0]);
  return program;
}

function bitsOf(places: readonly number[]): number {
  return places.reduce((bits, place) => bits | (1 << place), 0);
}
