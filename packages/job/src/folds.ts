// The built-in folds: ordinary functions that the engine knows, so that `combine: sum` runs on an array of floats without a call.
// A job's bundle may hold another copy of this module than whoever compiles it; so a fold is known by a mark under a
// registered symbol, not by being the same object.

import type { brand } from './brand.ts';

export interface Fold {
  readonly [brand]: 'sum' | 'min' | 'max';
}
type NumberFold = Fold & ((a: number, b: number) => number);
export type BuiltInFold = 'sum' | 'min' | 'max';

const foldName: unique symbol = Symbol.for('sheaf.fold') as never;

/** Adds: `combine: sum`. */
export const sum: NumberFold = builtIn('sum', (a, b) => a + b);
/** Keeps the smaller: `combine: min`, as Math.min. */
export const min: NumberFold = builtIn('min', (a, b) => Math.min(a, b));
/** Keeps the larger: `combine: max`, as Math.max. */
export const max: NumberFold = builtIn('max', (a, b) => Math.max(a, b));

/** Which built-in a function is; undefined for a function of the user's. */
export function builtInFold(fold: unknown): BuiltInFold | undefined {
  if (fold === Math.min) return 'min';
  if (fold === Math.max) return 'max';
  return typeof fold === 'function' ? (fold as { [foldName]?: BuiltInFold })[foldName] : undefined;
}

function builtIn(name: BuiltInFold, fold: (a: number, b: number) => number): NumberFold {
  Object.defineProperty(fold, foldName, { value: name });
  return fold as NumberFold;
}
