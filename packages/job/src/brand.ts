// The two marks that the objects of a job file carry.
// `brand` exists for the compiler alone: it tells a Source from a Sink and carries what they hold.
// `internals` exists at run time alone: under it lies the definition that compile/ reads. It comes from the global symbol
// registry, because a job may have been made by another copy of this module than the one that opens it.

export declare const brand: unique symbol;

export const internals: unique symbol = Symbol.for('sheaf.internals.1') as never;

/** Gives `object` a definition that only compile/ sees: no enumerable member, and it cannot be changed. */
export function withInternals<T extends object>(object: T, definition: object): T {
  Object.defineProperty(object, internals, { value: definition });
  return object;
}

/** The definition of something that `mapReduce`, `from` or `to` made; undefined for everything else. */
export function internalsOf(object: unknown): { readonly type: string } | undefined {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return undefined;
  return (object as { [internals]?: { type: string } })[internals];
}
