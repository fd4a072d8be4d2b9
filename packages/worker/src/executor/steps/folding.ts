// A fold of the graph as functions of values.

export interface Folding {
  /** What a single value of a group counts as. */
  first(value: unknown): unknown;
  /** Left fold of two values that `first` or `fold` gave. */
  readonly fold: (a: unknown, b: unknown) => unknown;
  /** The result that is delivered. */
  finish(value: unknown): unknown;
}
