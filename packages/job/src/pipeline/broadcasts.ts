// `broadcast` in a plan: records that every task of the steps said after it has at hand. What the plan holds is a cell, which
// the executor fills before a task that may read it, and empties before one that may not, so that reading it is the same everywhere.

import { UsageError } from '@sheaf/protocol';
import { withInternals } from '../brand.ts';
import { isPromise } from '../schema.ts';
import type { AnyFunction } from '../user-function.ts';
import type { Broadcast } from './collection.ts';
import type { Node } from './nodes.ts';

/** What a plan has broadcast. */
export interface Side {
  readonly from: Node;
  /** Takes the records in an executor; undefined: they are not for the task that begins. */
  readonly give: (records: readonly unknown[] | undefined) => void;
  /** For the graph's hash. */
  readonly text: string;
}

export interface BroadcastSide {
  readonly side: Side;
  readonly broadcast: Broadcast<unknown>;
}

/** Of a collection: its records, or what `make` makes of them, once in an executor. */
export function sideOfRecords(from: Node, make: unknown): BroadcastSide {
  if (make !== undefined && typeof make !== 'function')
    throw new UsageError(`broadcast takes a collection and a function of its records, not ${typeof make}.`);
  return cellOf(from, make as AnyFunction | undefined, make === undefined ? 'records' : `records ${String(make)}`);
}

/** Of a value, or of a function that gives it: made once, where the job is submitted. */
export function sideOfValue(value: unknown): BroadcastSide {
  const items = async function* (): AsyncGenerator<unknown> {
    yield await madeValue(value);
  };
  const from: Node = { type: 'read', source: { type: 'source', of: 'items', items, perTask: 1, calls: [] }, columns: null };
  return cellOf(from, ([first]: readonly unknown[]) => first, 'value');
}

async function madeValue(value: unknown): Promise<unknown> {
  if (typeof value !== 'function') return value;
  try {
    const given: unknown = (value as AnyFunction)();
    return isPromise(given) ? await given : given;
  } catch (error) {
    throw new UsageError(`broadcast: the function threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`, {
      cause: error,
    });
  }
}

function cellOf(from: Node, make: AnyFunction | undefined, text: string): BroadcastSide {
  let records: readonly unknown[] | undefined;
  let made: { readonly of: readonly unknown[]; readonly value: unknown } | undefined;
  const read = (): unknown => {
    if (records === undefined)
      throw new TypeError(
        'the value of a broadcast is there for functions in tasks alone, of the operators that stand behind it in the plan',
      );
    if (made?.of !== records) made = { of: records, value: make === undefined ? records : make(records) };
    return made.value;
  };
  const broadcast = Object.defineProperty(withInternals({}, { type: 'broadcast' }), 'value', { get: read, enumerable: true });
  const give = (given: readonly unknown[] | undefined): void => {
    records = given;
  };
  return { side: { from, give, text: `broadcast ${text}` }, broadcast: broadcast as unknown as Broadcast<unknown> };
}
