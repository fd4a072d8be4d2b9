// A join without a shuffle: each record is looked up in the broadcast of the other side. Whether a record has a key is found where
// it is handed over, on both sides, as before a shuffle.

import type { EdgeId, Select, StageGraph, Step, StepId } from '@sheaf/protocol/graph';
import { encodeKey } from '../../data/key-codec.ts';
import { instantiate } from '../../kernels/instantiate.ts';
import type { TaskParts } from '../task-parts.ts';
import { keyScratch, type LookupTable, refusedAt } from './lookup-table.ts';
import { type Pick, pickOf } from './selects.ts';
import type { Push } from './step-calls.ts';

type Lookup = Extract<Step, { readonly type: 'lookup' }>;

/** Gives [key, { left, right: a match or undefined }], like a join; of a semi or anti join the record. */
export function lookupPush(step: Lookup, at: StepId, { parts, next }: { readonly parts: TaskParts; readonly next: Push }): Push {
  const { joinKeys, skipping, stage } = parts;
  const pick = pickOf(step.key, parts.job);
  const table = parts.tables.get(step.table);
  if (table === undefined) throw new Error(`stage ${stage.name}: step ${step.table} is no table`);
  const takeBack = (): void => joinKeys.takeBack();
  const find = (key: unknown): number => {
    let first: number;
    try {
      first = table.find(key);
    } catch (error) {
      throw refusedAt(error, at);
    }
    if (first !== 0) {
      joinKeys.both();
      skipping?.held.onTakeBack(takeBack);
    } else if (joinKeys.lacks('left')) joinKeys.only('left', key);
    return first;
  };
  if (table.firstKey !== undefined) joinKeys.only('right', table.firstKey);
  const { kind } = step;
  if (kind === 'semi' || kind === 'anti') {
    const wanted = kind === 'semi';
    return record => {
      if ((find(pick(record)) !== 0) === wanted) next(record);
    };
  }
  const ofLeft = pickOf(step.left ?? { type: 'record' }, parts.job);
  return instantiate(lookupKernel)({ pick, ofLeft, find, table, keepsAll: kind === 'left' }, next);
}

interface Asked {
  readonly pick: Pick;
  readonly ofLeft: Pick;
  readonly find: (key: unknown) => number;
  readonly table: LookupTable;
  /** Records without a match are given too. */
  readonly keepsAll: boolean;
}

function lookupKernel({ pick, ofLeft, find, table, keepsAll }: Asked, next: Push): Push {
  return record => {
    const key = pick(record);
    let entry = find(key);
    if (entry === 0) {
      if (keepsAll) next([key, { left: ofLeft(record), right: undefined }]);
      return;
    }
    const left = ofLeft(record);
    for (; entry !== 0; entry = table.records.next(entry)) next([key, { left, right: table.read(entry) }]);
  };
}

/** What a table holds of the records of a broadcast: what its lookup gives of them; none where it only asks whether they are there. */
export function heldOf(steps: readonly Step[], load: StepId): Select {
  const lookup = steps.find(step => step.type === 'lookup' && step.table === load);
  if (lookup?.type !== 'lookup') return { type: 'record' };
  return lookup.kind === 'semi' || lookup.kind === 'anti' ? { type: 'none' } : (lookup.right ?? { type: 'record' });
}

/** By what the records of a broadcast are looked up; null: by nothing. */
export function lookedUpBy(graph: StageGraph, edge: EdgeId): Select | null {
  const to = graph.edges[edge]?.to;
  const load = (to === undefined ? undefined : graph.stages[to])?.steps.find(step => step.type === 'load' && step.edge === edge);
  return load?.type === 'load' ? load.key : null;
}

/** Refuses a record of a broadcast whose key is none. */
export function keyedPush(key: Select, at: StepId, { parts, next }: { readonly parts: TaskParts; readonly next: Push }): Push {
  const pick = pickOf(key, parts.job);
  return record => {
    const picked = pick(record);
    try {
      encodeKey(picked, keyScratch, 0, keyScratch.length);
    } catch (error) {
      throw refusedAt(error, at);
    }
    next(record);
  };
}
