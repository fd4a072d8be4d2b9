// What a key is, and the pair that a map yields.
// Values with one identity: the types order as they stand in CONTRACT's list, null first and tuples last.

/** Values with one identity. The order of the types is the order of their encodings. */
export type Key = null | boolean | number | bigint | string | Date | Uint8Array | readonly [] | readonly Key[];

/** What a map yields for a job with `reduce`. */
export type Pair = readonly [key: Key, value: unknown];

/** A tuple among the members makes an array literal infer as a tuple; the rest lets everything else through. */
export type Anything = Pair | readonly [] | object | string | number | bigint | boolean | null | undefined;

/** `1` becomes number and `true` boolean, but 'pro' | 'free' stays what it is. */
export type Widen<V> = V extends number ? number : V extends bigint ? bigint : V extends boolean ? boolean : V;

/** For a pair that is made away from its job: `yield pair(word, 1)` where an unannotated `yield [word, 1]` is read as an array. */
export function pair<K extends Key, V>(key: K, value: V): [K, Widen<V>] {
  return [key, value as Widen<V>];
}
