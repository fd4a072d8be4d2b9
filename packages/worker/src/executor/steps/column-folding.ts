// Several numbers of each record folded at once. Partial results are lists of numbers: a mean is carried as sum and count, a
// variance as count, mean and squared distances, until `finish` makes the record that is delivered.

import type { FoldedColumn, Select } from '@sheaf/protocol/graph';
import { type ColumnFold, type ColumnPick, columnFoldKernel, placeOf } from '../../kernels/column-fold-kernel.ts';
import { UserMistake, whatIs } from '../failure/user-mistake.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { Folding } from './folding.ts';
import { pickOf } from './selects.ts';

/** The fold as the combining table has it, in places of the fixed memory. */
export function columnFoldOf(columns: readonly FoldedColumn[], job: LoadedJob): ColumnFold {
  const refuse = (at: number, value: unknown): never => {
    const { fold, name } = columns[at] as FoldedColumn;
    throw new UserMistake(`${fold} folds numbers, but a value for '${name}' is ${whatIs(value)}`);
  };
  const refuseRecord = (record: unknown): never => {
    throw new UserMistake(`a record with columns was expected, but it is ${whatIs(record)}`);
  };
  const parts = columns.map(({ fold, of }) => ({ fold, of: columnPickOf(of, job) }));
  return columnFoldKernel({ columns: parts, refuse, refuseRecord });
}

function columnPickOf(of: Select, job: LoadedJob): ColumnPick {
  return of.type === 'column' ? { column: of.name } : { pick: pickOf(of, job) };
}

/** The same fold of partial results that are lists. `combined`: the values are partial results. */
export function columnFolding(columns: readonly FoldedColumn[], job: LoadedJob, combined: boolean): Folding {
  const { take, fold } = columnFoldOf(columns, job);
  const started = (value: unknown): number[] => {
    const places: number[] = [];
    take(value, places);
    return places;
  };
  return {
    first: combined ? partial => partial : started,
    // The first one is this fold's own: made by `first`, or decoded for it.
    fold: (a, b) => {
      fold(a as number[], 0, b as number[]);
      return a;
    },
    finish: finishOf(columns),
  };
}

/** Makes the record that is delivered, by code of its own. */
function finishOf(columns: readonly FoldedColumn[]): Folding['finish'] {
  const members = columns.map(({ name, fold }, at) => `${memberName(name)}: ${finishedText(fold, placeOf(columns, at))}`);
  return new Function('places', `return { ${members.join(', ')} };`) as Folding['finish'];
}

/** A member called __proto__ is a member like any other. */
function memberName(name: string): string {
  return name === '__proto__' ? `['__proto__']` : JSON.stringify(name);
}

function finishedText(fold: FoldedColumn['fold'], at: number): string {
  if (fold === 'mean') return `places[${at}] / places[${at + 1}]`;
  return fold === 'variance' ? `places[${at + 2}] / places[${at}]` : `places[${at}]`;
}
