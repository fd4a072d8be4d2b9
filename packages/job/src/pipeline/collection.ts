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
  /**
   * @example
   * words.map(word => word.length) // 2, 2, 2, 3, 2, 2
   */
  map<U extends Anything>(map: (record: T, context: Context) => U): Collection<U>;
  /**
   * @example
   * sales.filter(sale => sale.amount > 10).map(sale => sale.id) // 1, 4
   */
  filter<U extends T>(keep: (record: T) => record is U): Collection<U>;
  filter(keep: (record: T, context: Context) => boolean): Collection<T>;
  /**
   * @example
   * words.flatMap(word => [word, word.toUpperCase()]).first(4) // "to", "TO", "be", "BE"
   */
  flatMap<U extends Anything>(map: (record: T, context: Context) => Iterable<U>): Collection<U>;
  /**
   * Looks at each record and passes it on.
   * @example
   * sales.peek((sale, context) => context.count(`sold on ${sale.day}`)).count() // 4
   */
  peek(look: (record: T, context: Context) => void): Collection<T>;
  /**
   * Batches of up to `size` records of a task, in their order. The function may be asynchronous, such as a request for each
   * batch; up to `concurrency` batches (1 unless said) are under way at once.
   * @example
   * words.mapBatch(2, async batch => [batch.join('-')], { concurrency: 4 }) // "to-be", "or", "not-to", "be"
   */
  mapBatch<U extends Anything>(
    size: number,
    map: (records: readonly T[], context: Context) => Promise<Iterable<U>> | Iterable<U>,
    options?: { readonly concurrency?: number },
  ): Collection<U>;
  /**
   * About `rate` (0 to 1) of the records, each chosen by its place and `seed` alone: the same ones on any cluster.
   * @example
   * sales.sample(0.5, 7).map(sale => sale.id) // 2, 4
   */
  sample(rate: number, seed?: number): Collection<T>;
  /**
   * Lines through a program that each worker has: one process for each task, its lines of output are the records. It fails the
   * task when it ends with another exit code than 0.
   * @example
   * words.pipe(['tr', 'a-z', 'A-Z']) // "TO", "BE", "OR", "NOT", "TO", "BE"
   */
  pipe(this: T extends string ? unknown : 'pipe takes lines', command: readonly string[]): Collection<string>;
  /**
   * Each record with its index in input order, from 0. The records are written once and read again.
   * @example
   * words.zipWithIndex() // ["to", 0], ["be", 1], ["or", 2], ["not", 3], ["to", 4], ["be", 5]
   */
  zipWithIndex(): Collection<readonly [T, number]>;
  /**
   * Deals the records out to so many partitions, and so part files, evenly; without a number to as many as the data asks for.
   * @example
   * sales.repartition(3).map(sale => sale.id) // 1, 2, 3, 4
   */
  repartition(partitions?: number): Collection<T>;
  /**
   * Sends each record to the partition that `partition` gives, a whole number from 0 to `partitions` - 1. The records of a partition
   * stay in input order, and partition i is part file i.
   * @example
   * sales.repartition(2, sale => (sale.day === 'mon' ? 1 : 0)).map((sale, { task }) => [task.index, sale.id]) // [0, 3], [0, 4], [1, 1], [1, 2]
   */
  repartition(partitions: number, partition: (record: T, partitions: number) => number): Collection<T>;
  /**
   * Of a collection that `repartition` has just given so many partitions: sorts the records of each.
   * @example
   * sales.repartition(2, sale => (sale.day === 'mon' ? 1 : 0)).sortWithin({ by: 'amount', desc: true }).map(sale => sale.id) // 4, 3, 1, 2
   */
  sortWithin(...orders: readonly Order<T>[]): Collection<T>;
  /**
   * Says that the collection is used several times. It changes nothing: each collection is computed once anyway.
   * @example
   * words.cache().distinct().count() // 4
   */
  cache(): Collection<T>;
  /**
   * Keeps the records in a folder below this one when the job succeeds. A later run with the same operators, parameters, settings
   * and inputs up to here reads them there, and computes nothing that leads to them. What a function captures, and helpers that
   * it calls, are not seen: remove the folder when one of these has changed.
   * @example
   * sales.filter(sale => sale.amount > 8).checkpoint('kept/large') // {"id":1,"user":"ann","day":"mon","amount":12}, {"id":4,"user":"cy","day":"tue","amount":20}
   */
  checkpoint(folder: string): Collection<T>;
  /**
   * Records that are keys themselves: of equals the first in input order stays.
   * @example
   * words.distinct() // "to", "be", "or", "not"
   */
  distinct(this: T extends Key ? unknown : RecordsAreNotKeys): Collection<T>;
  /** Of records with equal keys the first in input order stays. */
  distinct(by: KeySelect<T>): Collection<T>;
  /**
   * The records of all of them, each collection's in its order.
   * @example
   * users.map(row => row.user).union(sales.map(sale => sale.user)).distinct() // "ann", "bob", "dan", "cy"
   */
  union<U>(...others: readonly Collection<U>[]): Collection<T | U>;
  /**
   * @example
   * sales.keyBy(['user', 'day']).count() // [["ann", "mon"], 1], [["bob", "mon"], 1], [["ann", "tue"], 1], [["cy", "tue"], 1]
   */
  keyBy<const S extends KeySelect<T>>(by: S): Keyed<SelectedKey<T, S>, T>;
  /**
   * @example
   * sales.countBy('day') // ["mon", 2], ["tue", 2]
   */
  countBy<const S extends KeySelect<T>>(by: S): Keyed<SelectedKey<T, S>, number>;
  /** Records that are keys themselves: words, lines. */
  countBy(this: T extends Key ? unknown : RecordsAreNotKeys): Keyed<AsKey<T>, number>;
  /**
   * Records that are pairs: the first item is the key, the second the value.
   * @example
   * words.map(word => [word, word.length]).pairs().reduce((a, b) => a + b) // ["to", 4], ["be", 4], ["or", 2], ["not", 3]
   */
  pairs(this: T extends Pair ? unknown : NotAPair): Keyed<AsKey<T extends Pair ? T[0] : never>, T extends Pair ? T[1] : never>;
  /**
   * The `count` largest, largest first; equal ones keep input order.
   * @example
   * sales.top(2, 'amount').map(sale => sale.id) // 4, 1
   */
  top(count: number, by: Select<T, Key>): Collection<T>;
  /**
   * Total order over all part files; equal ones keep input order. null is first, or last with `desc`.
   * @example
   * sales.sortBy('day', { by: 'amount', desc: true }).map(sale => sale.id) // 1, 2, 4, 3
   */
  sortBy(...orders: readonly Order<T>[]): Collection<T>;
  /**
   * All records, in input order; a job that collects more than a megabyte fails.
   * @example
   * words.distinct().collect() // "to", "be", "or", "not"
   */
  collect(): Answer<T[]>;
  /**
   * The first ones, in input order.
   * @example
   * words.first(2) // "to", "be"
   */
  first(count: number): Answer<T[]>;
  /**
   * @example
   * sales.filter(sale => sale.user === 'ann').count() // 2
   */
  count(): Answer<number>;
  /**
   * @example
   * sales.write(to.csv('sales-by-day'), { partitionBy: 'day' })
   */
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
  /**
   * The other side is small: it is sent to every task that reads this one, and nothing is shuffled. When the other side is made of
   * this one, these records wait for it, dealt out evenly. Left out: so it is where files that are listed show it. false: never.
   */
  readonly broadcast?: boolean;
}

/** Records with a key. */
export interface Keyed<K extends Key, V> {
  /**
   * @example
   * sales.keyBy('user').mapValues(sale => sale.amount).reduce((a, b) => Math.max(a, b)) // ["ann", 12], ["bob", 5], ["cy", 20]
   */
  mapValues<U>(map: (value: V, key: K, context: Context) => U): Keyed<K, U>;
  /**
   * One value for each key. `fold` is associative and commutative and runs any number of times, also while mapping.
   * @example
   * sales.keyBy('user').reduce((a, b) => (a.amount > b.amount ? a : b)).mapValues(sale => sale.id) // ["ann", 1], ["bob", 2], ["cy", 4]
   */
  reduce(fold: (a: V, b: V) => V): Keyed<K, V>;
  /**
   * @example
   * sales.keyBy('day').aggregate({ n: agg.count(), mean: agg.mean('amount') }) // ["mon", { "n": 2, "mean": 8.5 }], ["tue", { "n": 2, "mean": 14 }]
   */
  aggregate<A extends object>(aggregates: { readonly [N in keyof A]: Aggregate<V, A[N]> }): Keyed<K, A>;
  /**
   * @example
   * sales.keyBy('user').count() // ["ann", 2], ["bob", 1], ["cy", 1]
   */
  count(): Keyed<K, number>;
  /**
   * @example
   * sales.keyBy('day').sum('amount') // ["mon", 17], ["tue", 28]
   */
  sum(of: Select<V, number>): Keyed<K, number>;
  /**
   * Called once for each key with its values, which stream: a group may be larger than memory.
   * @example
   * sales.keyBy('user').group((user, sold) => [{ user, ids: [...sold].map(sale => sale.id).join('+') }], { sortValuesBy: 'amount' })
   * // { "user": "ann", "ids": "3+1" }, { "user": "bob", "ids": "2" }, { "user": "cy", "ids": "4" }
   */
  group<R extends Anything>(
    group: (key: K, values: Iterable<V>, context: Context) => Iterable<R>,
    options?: { readonly sortValuesBy?: Order<V> },
  ): Collection<R>;
  /**
   * @example
   * sales.keyBy('user').join(users.keyBy('user')).mapValues(({ left, right }) => [left.id, right.plan])
   * // ["ann", [1, "pro"]], ["ann", [3, "pro"]], ["bob", [2, "free"]]
   */
  join<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, { left: V; right: W }>;
  /**
   * @example
   * sales.keyBy('user').leftJoin(users.keyBy('user')).mapValues(({ left, right }) => [left.id, right?.plan ?? 'none'])
   * // ["ann", [1, "pro"]], ["ann", [3, "pro"]], ["bob", [2, "free"]], ["cy", [4, "none"]]
   */
  leftJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, { left: V; right: W | undefined }>;
  /**
   * @example
   * sales.keyBy('user').rightJoin(users.keyBy('user')).mapValues(({ left, right }) => [left?.id ?? 0, right.plan])
   * // ["ann", [1, "pro"]], ["ann", [3, "pro"]], ["bob", [2, "free"]], ["dan", [0, "free"]]
   */
  rightJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, { left: V | undefined; right: W }>;
  /**
   * @example
   * sales.keyBy('user').fullJoin(users.keyBy('user')).mapValues(({ left, right }) => [left?.id ?? 0, right?.plan ?? 'none'])
   * // ["ann", [1, "pro"]], ["ann", [3, "pro"]], ["bob", [2, "free"]], ["cy", [4, "none"]], ["dan", [0, "free"]]
   */
  fullJoin<W>(other: Keyed<K, W>): Keyed<K, { left: V | undefined; right: W | undefined }>;
  /**
   * The values whose key the other side has, each once.
   * @example
   * sales.keyBy('user').semiJoin(users.keyBy('user')).mapValues(sale => sale.id) // ["ann", 1], ["ann", 3], ["bob", 2]
   */
  semiJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, V>;
  /**
   * The values whose key the other side has not.
   * @example
   * sales.keyBy('user').antiJoin(users.keyBy('user')).mapValues(sale => sale.id) // ["cy", 4]
   */
  antiJoin<W>(other: Keyed<K, W>, options?: JoinOptions): Keyed<K, V>;
  /**
   * Called once for each key that either side has, with the values of both sides, which stream: read `left` before `right`, each
   * once. Asking for a right value ends the left ones.
   * @example
   * sales.keyBy('user').cogroup(users.keyBy('user'), (user, sold, known) => [[user, [...sold].length, [...known].length]])
   * // ["ann", 2, 1], ["bob", 1, 1], ["cy", 1, 0], ["dan", 0, 1]
   */
  cogroup<W, R extends Anything>(
    other: Keyed<K, W>,
    group: (key: K, left: Iterable<V>, right: Iterable<W>, context: Context) => Iterable<R>,
  ): Collection<R>;
  /**
   * The `count` values of each key that are largest by something, largest first.
   * @example
   * sales.keyBy('day').topPerKey(1, 'amount').mapValues(([most]) => most.id) // ["mon", 1], ["tue", 4]
   */
  topPerKey(count: number, by: Select<V, Key>): Keyed<K, V[]>;
  /**
   * @example
   * words.countBy().entries().filter(([, n]) => n > 1) // ["to", 2], ["be", 2]
   */
  entries(): Collection<readonly [K, V]>;
  /**
   * @example
   * sales.keyBy('day').sum('amount').rows('day', 'total') // { "day": "mon", "total": 17 }, { "day": "tue", "total": 28 }
   */
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
  /**
   * Gives every task of the operators behind it all records of a small collection, or what `make` makes of them once in each
   * executor: with `const prices = broadcast(…)`, `prices.value` in any of their functions.
   */
  broadcast<T, U = readonly T[]>(collection: Collection<T>, make?: (records: readonly T[]) => U): Broadcast<U>;
  /** Likewise a value, or what a function gives; it is made once, where the job is submitted. */
  broadcast<T>(value: T | (() => T | Promise<T>)): Broadcast<T>;
}

/** Something that is the same in every task. */
export interface Broadcast<out T> {
  /** To be read in functions that run in tasks. */
  readonly value: T;
}
