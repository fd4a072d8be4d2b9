// `sortValuesBy`: a column of the value, a function of it, or { by, desc }. In the graph it is one more part of the shuffle's
// key, behind the group. A Select applies to the record, which is the pair [key, value]; so what the user wrote about the
// value is wrapped here, while the hash that goes into the graph is of what the user wrote.

import type { KeyPart } from '@sheaf/protocol/graph';
import type { AnyFunction } from '../user-function.ts';
import { type FunctionTable, wrapped } from './functions.ts';

export interface SortValuesBy {
  readonly by: string | AnyFunction;
  readonly desc: boolean;
}

/** Reads the member; adds to `problems` what is wrong with it. */
export function sortOf(given: unknown, problems: string[]): SortValuesBy | undefined {
  if (given === undefined) return undefined;
  if (isSelector(given)) return { by: given, desc: false };
  const order = (typeof given === 'object' && given !== null ? given : {}) as { readonly by?: unknown; readonly desc?: unknown };
  if (isSelector(order.by) && (order.desc === undefined || typeof order.desc === 'boolean'))
    return { by: order.by, desc: order.desc ?? false };
  problems.push("sortValuesBy must be a column name, a function of the value, or { by, desc } as in { by: 'at', desc: true }");
  return undefined;
}

/** The part of the key that orders the values of a group. */
export function sortPart(sort: SortValuesBy, functions: FunctionTable): KeyPart {
  const { by, desc } = sort;
  const ref =
    typeof by === 'string'
      ? functions.add('key', columnOfValue(by), `column:${by}`)
      : functions.add(
          'key',
          wrapped(by, (pair: readonly [unknown, unknown]) => by(pair[1])),
          by.toString(),
        );
  return { select: { type: 'function', function: ref }, desc };
}

function isSelector(by: unknown): by is string | AnyFunction {
  return typeof by === 'function' || (typeof by === 'string' && by !== '');
}

function columnOfValue(name: string): AnyFunction {
  return (pair: readonly [unknown, unknown]) => {
    const value = pair[1];
    if (typeof value === 'object' && value !== null) return (value as { [name: string]: unknown })[name];
    throw new TypeError(`sortValuesBy: '${name}' is no column of a value that is ${value === null ? 'null' : typeof value}`);
  };
}
