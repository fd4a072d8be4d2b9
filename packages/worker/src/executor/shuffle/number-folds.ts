// What a combiner does with the numbers of its partial results, where it is known without asking a function.

import type { Shuffle } from '@sheaf/protocol/graph';
import { batchFoldsOf } from '../../kernels/column-fold-kernel.ts';
import { type BatchFold, batchFolds, batchWidthMax } from '../../kernels/key-batch.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { addsUp } from '../steps/folds.ts';

export interface NumberFolds {
  /** For each number what is done with it, as kernels know it. */
  readonly kinds: readonly number[];
  /** A partial result is a list of so many numbers; 0: it is one number. */
  readonly perList: number;
}

const builtIn = { sum: 'add', count: 'add', min: 'minimum', max: 'maximum' } as const;

/** null: a function must be asked. */
export function numberFoldsOf({ combine }: Pick<Shuffle, 'combine'>, job: LoadedJob): NumberFolds | null {
  if (combine === null) return null;
  if (combine.type === 'built-in') return { kinds: [batchFolds[builtIn[combine.name]]], perList: 0 };
  if (combine.type === 'function') return addsUp(combine, job) ? { kinds: [batchFolds.add], perList: 0 } : null;
  const kinds = combine.columns.flatMap(({ fold }) => batchFoldsOf[fold].flatMap(kindsOf));
  return kinds.length > batchWidthMax ? null : { kinds, perList: kinds.length };
}

/** Moments are three numbers, of which the first says what is done. */
function kindsOf(fold: BatchFold): readonly number[] {
  return fold === 'moments' ? [batchFolds.moments, 0, 0] : [batchFolds[fold]];
}
