// A fold of several numbers of a record at once, as source text of its own for each stage: what a record counts as goes into a
// small array of float64, which is then folded, place by place, into those of its group. No object is made for a record.

import type { FoldedColumn } from '@sheaf/protocol/graph';
import type { BatchFold } from './key-batch.ts';

/** Part of a record that a column is of: by name, or as a function gives it. */
export type ColumnPick = { readonly column: string } | { readonly pick: (record: unknown) => unknown };

export interface ColumnFoldDependencies {
  readonly columns: readonly { readonly fold: FoldedColumn['fold']; readonly of: ColumnPick }[];
  /** Column `at` of a record is no number. */
  readonly refuse: (at: number, value: unknown) => never;
  /** A record that has no columns. */
  readonly refuseRecord: (record: unknown) => never;
}

/** The numbers of a group: in the fixed memory, or as a list. */
export type Places = Float64Array | number[];

export interface ColumnFold {
  /** How many places a group takes. */
  readonly width: number;
  /** Puts what one record counts as into the first places of `into`; it has touched nothing else when it throws. */
  readonly take: (record: unknown, into: Places) => void;
  /** Folds the first places of `from` into those of `into` that begin at `at`. */
  readonly fold: (into: Places, at: number, from: Places) => void;
}

const widths: { readonly [Fold in FoldedColumn['fold']]: number } = { count: 1, sum: 1, min: 1, max: 1, mean: 2, variance: 3 };

/** What a batch does with the places of a column, as the functions below do. */
export const batchFoldsOf: { readonly [Fold in FoldedColumn['fold']]: readonly BatchFold[] } = {
  ...{ count: ['add'], sum: ['add'], mean: ['add', 'add'], min: ['least'], max: ['most'], variance: ['moments'] },
};

/** Where the places of a column begin. */
export function placeOf(columns: readonly { readonly fold: FoldedColumn['fold'] }[], at: number): number {
  return columns.slice(0, at).reduce((place, { fold }) => place + widths[fold], 0);
}

/** Functions of their own: nothing that another stage folds slows them. */
export function columnFoldKernel({ columns, refuse, refuseRecord }: ColumnFoldDependencies): ColumnFold {
  const picks = columns.map(({ of }) => ('pick' in of ? of.pick : null));
  const taking = columns.map(({ fold, of }, at) => takeText(fold, 'pick' in of ? null : of.column, { at, place: placeOf(columns, at) }));
  const folding = columns.map(({ fold }, at) => foldText(fold, placeOf(columns, at)));
  const readsColumns = columns.some(({ fold, of }) => fold !== 'count' && 'column' in of);
  const check = readsColumns ? "if (typeof record !== 'object' || record === null) refuseRecord(record);\n" : '';
  const take = `return (record, into) => {\n${check}let value;\n${taking.join('\n')}\n};`;
  const fold = `return (into, at, from) => {\n${folding.join('\n')}\n};`;
  return {
    width: placeOf(columns, columns.length),
    take: new Function('picks', 'refuse', 'refuseRecord', take)(picks, refuse, refuseRecord) as ColumnFold['take'],
    fold: new Function(fold)() as ColumnFold['fold'],
  };
}

function takeText(
  fold: FoldedColumn['fold'],
  column: string | null,
  { at, place }: { readonly at: number; readonly place: number },
): string {
  if (fold === 'count') return `into[${place}] = 1;`;
  const picked = column === null ? `picks[${at}](record)` : `record[${JSON.stringify(column)}]`;
  const number = `value = ${picked};\nif (typeof value !== 'number') refuse(${at}, value);\n`;
  switch (fold) {
    case 'mean':
      return `${number}into[${place}] = value; into[${place + 1}] = 1;`;
    case 'variance':
      return `${number}into[${place}] = 1; into[${place + 1}] = value; into[${place + 2}] = 0;`;
    default:
      return `${number}into[${place}] = value;`;
  }
}

/** The variance by Welford's method, merged as Chan et al. (1979) have it: count, mean, sum of squared distances. */
function foldText(fold: FoldedColumn['fold'], place: number): string {
  const into = (more = 0): string => `into[at + ${place + more}]`;
  const from = (more = 0): string => `from[${place + more}]`;
  switch (fold) {
    case 'count':
    case 'sum':
      return `${into()} += ${from()};`;
    case 'min':
      return `if (${from()} < ${into()}) ${into()} = ${from()};`;
    case 'max':
      return `if (${from()} > ${into()}) ${into()} = ${from()};`;
    case 'mean':
      return `${into()} += ${from()};\n${into(1)} += ${from(1)};`;
    case 'variance':
      return `{ const count = ${into()} + ${from()}, distance = ${from(1)} - ${into(1)};
        ${into(2)} += ${from(2)} + (distance * distance * ${into()} * ${from()}) / count;
        ${into(1)} += (distance * ${from()}) / count;
        ${into()} = count; }`;
  }
}
