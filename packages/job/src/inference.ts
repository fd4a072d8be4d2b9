// How the types of a job's functions follow from what its map yields. Three rules made every spelling infer:
//   1. One signature with optional members: overloads turn every mistake into "No overload matches this call".
//   2. One type parameter for what map yields (M), whose constraint holds tuple types; key and value are read off it.
//      Separate ones fail on union values, on `as const` pairs and on values whose literal type must be widened.
//   3. No conditional type as the type of a whole member, and none around M in map's return: TypeScript resolves it too
//      early and the tuple hint is lost. Checks live in parameters, in reduce's return and in the sink.

import type { Anything, Key, Pair, Widen } from './keys.ts';
import type { Source } from './sources.ts';

/** M is not inferred yet, or is really anything. */
type Unknown<M> = [Anything] extends [M] ? true : false;

interface NotAPair {
  'map yielded something other than [key, value], or the key is not a Key': never;
}
interface PairsExpected {
  'a job with reduce needs a map that yields [key, value]; a key is a string, finite number, bigint, boolean, null, Date, bytes or a tuple of these': never;
}

/** The key that the pairs M have. */
export type KeyIn<M> = Unknown<M> extends true ? unknown : M extends readonly [infer K extends Key, unknown] ? K : NotAPair;
/** The value that the pairs M have. */
export type ValueIn<M> = Unknown<M> extends true ? unknown : M extends readonly [Key, infer V] ? Widen<V> : NotAPair;
/** What reduce may yield: anything, once map yields pairs. */
export type Reduced<M, R> = Unknown<M> extends true ? R : [M] extends [Pair] ? R : PairsExpected;
/** What the sink must take. `never`: a sink of anything passes before R is known. */
export type Accepted<R> = Unknown<R> extends true ? never : NoInfer<R>;

type PairsOf<Q> = Q extends readonly Source<infer M>[] ? (M extends Anything ? M : Anything) : never;
/** What the maps yield: the job's own, or those of its several inputs. */
export type Mapped<M, Q> = Unknown<M> extends true ? PairsOf<Q> : M;
/** A column name passes before the value's type is known. */
export type ColumnLater<M, Q> = Unknown<Mapped<M, Q>> extends true ? string : never;

/** A column of T that holds an A. */
export type ColumnsOf<T, A> = T extends object ? { [N in keyof T & string]: T[N] extends A ? N : never }[keyof T & string] : never;
/** A column of T that holds an A, or a function: the name is shorter and keeps the data bytes. */
export type Select<T, A> = ColumnsOf<T, A> | ((record: T) => A);
export type Order<T> = Select<T, Key> | { readonly by: Select<T, Key>; readonly desc?: boolean };
