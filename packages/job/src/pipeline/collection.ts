// Layer 2: a job as a program over collections. Types only: what `plan` works with. A Collection is records in input order; a
// Keyed is the same records with a key chosen, grouped when something asks for groups. Nothing runs while `plan` runs.

import type { brand } from '../brand.ts';
import type { TaskContext } from '../context.ts';
import type { ColumnsOf, Order, Select } from '../inference.ts';
import type { Anything, Key, Pair } from '../keys.ts';
import type { Sink } from '../sinks.ts';
import type { Source } from '../sources.ts';
import type { Aggregate } from './aggregates.ts';

type Context = TaskContext<unknown>;
/** What a selector gives: the column's type, or what the function returns. */
export type Selected<T, S> = S extends (record: T) => infer A ? A : S extends keyof T ? T[S] : never;
/** A column, columns, or a function. */
export type KeySelect<T> = Select<T, Key> | readonly ColumnsOf<T, Key>[];
/** A key is compared by its value: a tuple that may be written to and one that may not are the same key, and so join. */
type AsKey<K> = Writable<K> extends infer W extends Key ? W : never;
type Writable<K> = K extends readonly unknown[] ? { -readonly [I in keyof K]: K[I] } : K;
export type SelectedKey<T, S> = AsKey<S extends readonly unknown[] ? { -readonly [N in keyof S]: T[S[N] & keyof T] } : Selected<T, S>>;
interface RecordsAreNotKeys {
  'these records are not keys themselves: say by which column or function to count': never;
}
interface NotAPair {
  'these records are not pairs [key, value], or the key is not a Key': never;
}
type Plain<T> = { [N in keyof T]: T[N] };
/** The parts of a key under the names N. */
type Parts<K, N extends readonly string[]> = {
  [I in Exclude<keyof N, keyof []> as N[I] & string]: K extends readonly unknown[] ? K[I & keyof K] : never;
};

/** Records in input order. Used twice, it is computed once. */
export interface Collection<T> {
  map<U extends Anything>(map: (record: T, context: Context) => U): Collection<U>;
  filter<U extends T>(keep: (record: T) => record is U): Collection<U>;
  filter(keep: (record: T, context: Context) => boolean): Collection<T>;
  flatMap<U extends Anything>(map: (record: T, context: Context) => Iterable<U>): Collection<U>;
  /** Looks at each record and passes it on. */
  peek(look: (record: T, context: Context) => void): Collection<T>;
  /**
   * Batches of up to `size` records of a task, in their order. The function may be asynchronous, such as a request for each
   * batch; up to `concurrency` batches (1 unless said) are under way at once.
   */
  mapBatch<U extends Anything>(
    size: number,
    map: (records: readonly T[], context: Context) => Promise<Iterable<U>> | Iterable<U>,
    options?: { readonly concurrency?: number },
  ): Collection<U>;
  /** About `rate` (0 to 1) of the records, each chosen by its place and `seed` alone: the same ones on any cluster. */
  sample(rate: number, seed?: number): Collection<T>;
  /**
   * Lines through a program that each worker has: one process for each task, its lines of output are the records. It fails the
   * task when it ends with another exit code than 0.
   */
  pipe(this: T extends string ? unknown : 'pipe takes lines', command: readonly string[]): Collection<string>;
  /** Each record with its index in input order, from 0. The records are written once and read again. */
  zipWithIndex(): Collection<readonly [T, number]>;
  /** Deals the records out to so many partitions, and so part files, evenly; without a number to as many as the data asks for. */
  repartition(partitions?: number): Collection<T>;
  /** Of a collection that `repartition(partitions)` has just given: sorts the records of each partition. */
  sortWithin(...orders: readonly Order<T>[]): Collection<T>;
  /** Says that the collection is used several times. It changes nothing: each collection is computed once anyway. */
  cache(): Collection<T>;
  /** Records that are keys themselves: of equals the first in input order stays. */
  distinct(this: T extends Key ? unknown : RecordsAreNotKeys): Collection<T>;
  /** Of records with equal keys the first in input order stays. */
  distinct(by: KeySelect<T>): Collection<T>;
  /** The records of all of them, each collection's in its order. */
  union<U>(...others: readonly Collection<U>[]): Collection<T | U>;
  keyBy<const S extends KeySelect<T>>(by: S): Keyed<SelectedKey<T, S>, T>;
  countBy<const S extends KeySelect<T>>(by: S): Keyed<SelectedKey<T, S>, number>;
  /** Records that are keys themselves: words, lines. */
  countBy(this: T extends Key ? unknown : RecordsAreNotKeys): Keyed<AsKey<T>, number>;
  /** Records that are pairs: the first item is the key, the second the value. */
  pairs(this: T extends Pair ? unknown : NotAPair): Keyed<AsKey<T extends Pair ? T[0] : never>, T extends Pair ? T[1] : never>;
  /** The `count` largest, largest first; equal ones keep input order. */
  top(count: number, by: Select<T, Key>): Collection<T>;
  /** Total order over all part files; equal ones keep input order. null is first, or last with `desc`. */
  sortBy(...orders: readonly Order<T>[]): Collection<T>;
  /** All records, in input order; a job that collects more than a megabyte fails. */
  collect(): Answer<T[]>;
  /** The first ones, in input order. */
  first(count: number): Answer<T[]>;
  count(): Answer<number>;
  write(sink: Sink<T>, options?: WriteOptions<T>): void;
}

/**
 * A column, columns, or a name and a function: the records go to folders `name=value/`, and the files are without these columns.
 */
export type PartitionBy<T> = ColumnsOf<T, Key> | readonly ColumnsOf<T, Key>[] | { readonly name: string; readonly by: (record: T) => Key };

export interface WriteOptions<T> {
  readonly partitionBy?: PartitionBy<T>;
}

export interface JoinOptions {
  /** The other side is small: it is sent to every task that reads this one, and nothing is shuffled. */
  readonly broadcast?: boolean;
}

/** Records with a key. */
export interface Keyed<K extends Key, V> {
  mapValues<U>(map: (value: V, key: K, context: Context) => U): Keyed<K, U>;
  /** One value for each key. `fold` is associative and commutative and runs any number of times, also while mapping. */
  reduce(fold: (a: V, b: V) => V): Keyed<K, V>;
  aggregate<A extends object>(aggregates: { readonly [N in keyof A]: Aggregate<V, A[N]> }): Keyed<K, A>;
  count(): Keyed<K, number>;
  sum(of: Select<V, number>): Keyed<K, number>;
  /** Called once for each key with its values, which stream: a group may be larger than memory. */
  group<R extends Anything>(
    group: (key: K, values: Iterable<V>, context: Context) => Iterable<R>,
    options?: { readonly sortValuesBy?: Order<V> },
  ): Collection<R>;
  join<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, { left: V; right: W }>;
  leftJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, { left: V; right: W | undefined }>;
  rightJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, { left: V | undefined; right: W }>;
  fullJoin<W>(other: Keyed<K, W>): Keyed<K, { left: V | undefined; right: W | undefined }>;
  /** The values whose key the other side has, each once. */
  semiJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, V>;
  /** The values whose key the other side has not. */
  antiJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, V>;
  /**
   * Called once for each key that either side has, with the values of both sides, which stream: read `left` before `right`, each
   * once. Asking for a right value ends the left ones.
   */
  cogroup<W, R extends Anything>(
    other: Keyed<K, W>,
    group: (key: K, left: Iterable<V>, right: Iterable<W>, context: Context) => Iterable<R>,
  ): Collection<R>;
  /** The `count` values of each key that are largest by something, largest first. */
  topPerKey(count: number, by: Select<V, Key>): Keyed<K, V[]>;
  entries(): Collection<readonly [K, V]>;
  rows<const N extends readonly string[]>(keyNames: N, valueName?: undefined): Collection<Plain<Parts<K, N> & V>>;
  rows<const N extends readonly string[], const W extends string>(
    keyNames: N,
    valueName: W,
  ): Collection<Plain<Parts<K, N> & { [F in W]: V }>>;
  rows<const N extends string>(keyName: N, valueName?: undefined): Collection<Plain<{ [F in N]: K } & V>>;
  rows<const N extends string, const W extends string>(keyName: N, valueName: W): Collection<Plain<{ [F in N]: K } & { [F in W]: V }>>;
}

/** What a job gives back to its caller; refused beyond a limit of bytes. */
export interface Answer<out T> {
  readonly [brand]: T;
}

/** What `plan` returns. */
export interface Answers {
  readonly [name: string]: Answer<unknown>;
}

/** What `plan` is given. */
export interface Flow<P> {
  readonly params: P;
  read<T>(source: Source<T>): Collection<T>;
}
