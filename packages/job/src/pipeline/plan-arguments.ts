// What the operators of a plan are handed: functions, counts, orders. A wrong one is a UsageError that says what to write.

import { UsageError } from '@sheaf/protocol';
import type { AnyFunction } from '../user-function.ts';
import type { SortPart } from './nodes.ts';
import { selectorOf } from './selectors.ts';

export function sortPartOf(order: unknown, where: string): SortPart {
  if (typeof order === 'object' && order !== null && 'by' in order) {
    const { by, desc } = order as { readonly by: unknown; readonly desc?: unknown };
    if (desc !== undefined && typeof desc !== 'boolean') throw new UsageError(`${where}: desc is true or false.`);
    return { selector: selectorOf(by, where), desc: desc === true };
  }
  return { selector: selectorOf(order, where), desc: false };
}

export function functionOf(given: unknown, where: string): AnyFunction {
  if (typeof given !== 'function') throw new UsageError(`${where} takes a function, not ${given === null ? 'null' : typeof given}.`);
  if (Object.prototype.toString.call(given).startsWith('[object Async')) {
    throw new UsageError(`${where} is asynchronous, but runs per record, and a promise per record costs more than the record.`);
  }
  return given as AnyFunction;
}

export function countOf(given: unknown, where: string): number {
  if (typeof given === 'number' && Number.isSafeInteger(given) && given > 0) return given;
  throw new UsageError(`${where} takes a whole number above 0, not ${String(given)}.`);
}
