// A Fold of the graph as a function of two values. Folds of columns have a file of their own.

import type { Fold } from '@sheaf/protocol/graph';
import { instantiate } from '../../kernels/instantiate.ts';
import { UserMistake, whatIs } from '../failure/user-mistake.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { columnFolding } from './column-folding.ts';
import type { Folding } from './folding.ts';

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

/** Whether two numbers are folded by adding them: a function that says just that is as good as the built-in one. */
export function addsUp(fold: Fold, job: LoadedJob): boolean {
  if (fold.type === 'built-in') return fold.name === 'sum' || fold.name === 'count';
  if (fold.type !== 'function') return false;
  const [, a, b] = addition.exec(String(job.functions[fold.function.index])) ?? [];
  return a !== b;
}

const addition = /^\(\s*([A-Za-z_$][\w$]*)\s*,\s*([A-Za-z_$][\w$]*)\s*\)\s*=>\s*\1\s*\+\s*\2$/;

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
