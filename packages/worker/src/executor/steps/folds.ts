// A Fold of the graph as a function of two values. Columns fold records member by member; a mean is carried as a pair of sum
// and count until `finish`.

import type { Fold, FoldedColumn } from '@sheaf/protocol/graph';
import { instantiate } from '../../kernels/instantiate.ts';
import { UserMistake, whatIs } from '../failure/user-mistake.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { type Pick, pickOf } from './selects.ts';

export interface Folding {
  /** What a single value of a group counts as. */
  first(value: unknown): unknown;
  /** Left fold of two values that `first` or `fold` gave. */
  readonly fold: (a: unknown, b: unknown) => unknown;
  /** The result that is delivered. */
  finish(value: unknown): unknown;
}

const same = (value: unknown): unknown => value;

/** `combined`: the values have been through this fold on the writing side already. */
export function foldingOf(fold: Fold, job: LoadedJob, combined: boolean): Folding {
  switch (fold.type) {
    case 'function':
      return { first: same, fold: job.functions[fold.function.index] as Folding['fold'], finish: same };
    case 'built-in':
      return { first: fold.name === 'count' && !combined ? () => 1 : same, fold: builtIn(fold.name), finish: same };
    case 'columns':
      return columnFolding(fold.columns, job, combined);
  }
}

function builtIn(name: 'sum' | 'min' | 'max' | 'count'): Folding['fold'] {
  switch (name) {
    case 'sum':
    case 'count':
      return instantiate(sumKernel)((a, b) => noNumbers(name, a, b));
    case 'min':
      return instantiate(minKernel)((a, b) => noNumbers(name, a, b));
    case 'max':
      return instantiate(maxKernel)((a, b) => noNumbers(name, a, b));
  }
}

type Refuse = (a: unknown, b: unknown) => unknown;

function sumKernel(refuse: Refuse): Folding['fold'] {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? a + b : refuse(a, b));
}

function minKernel(refuse: Refuse): Folding['fold'] {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? Math.min(a, b) : refuse(a, b));
}

function maxKernel(refuse: Refuse): Folding['fold'] {
  return (a, b) => (typeof a === 'number' && typeof b === 'number' ? Math.max(a, b) : refuse(a, b));
}

/** Whole numbers of any size have a sum too; anything else, as the text of a number, is a mistake that would show late. */
function noNumbers(name: string, a: unknown, b: unknown): unknown {
  if (name === 'sum' && typeof a === 'bigint' && typeof b === 'bigint') return a + b;
  const wrong = typeof a === 'number' ? b : a;
  throw new UserMistake(`${name} folds numbers, but a value is ${whatIs(wrong)}`);
}

function columnFolding(columns: readonly FoldedColumn[], job: LoadedJob, combined: boolean): Folding {
  const picks = columns.map(column => pickOf(column.of, job));
  const start = (column: FoldedColumn, i: number, value: unknown): unknown => {
    if (column.fold === 'count') return 1;
    const picked = (picks[i] as Pick)(value);
    return column.fold === 'mean' ? [picked, 1] : picked;
  };
  return {
    first: combined ? same : value => columns.map((column, i) => start(column, i, value)),
    fold: (a, b) => columns.map((column, i) => foldColumn(column.fold, (a as unknown[])[i], (b as unknown[])[i])),
    finish: value => Object.fromEntries(columns.map((column, i) => [column.name, finished(column.fold, (value as unknown[])[i])])),
  };
}

function foldColumn(fold: FoldedColumn['fold'], a: unknown, b: unknown): unknown {
  switch (fold) {
    case 'sum':
    case 'count':
      return (a as number) + (b as number);
    case 'min':
      return (a as number) <= (b as number) ? a : b;
    case 'max':
      return (a as number) >= (b as number) ? a : b;
    case 'mean': {
      const [aSum, aCount] = a as [number, number];
      const [bSum, bCount] = b as [number, number];
      return [aSum + bSum, aCount + bCount];
    }
  }
}

function finished(fold: FoldedColumn['fold'], value: unknown): unknown {
  if (fold !== 'mean') return value;
  const [sum, count] = value as [number, number];
  return sum / count;
}
