// A hash of 64 bits of a key, by its type and content: equal keys have equal hashes on every machine, and keys of different types
// different ones. It is fixed for ever, as partial results of two executors must agree.

interface Lanes {
  high: number;
  low: number;
}

/** Two words of 32 bits. Throws TypeError for what is no key. */
export function hashOfKey(key: unknown): readonly [high: number, low: number] {
  const lanes: Lanes = { high: 0x9e3779b9, low: 0x2545f491 };
  put(lanes, key);
  return [finished(lanes.high ^ lanes.low), finished(Math.imul(lanes.low, 0x85ebca6b) ^ lanes.high)];
}

const float = new DataView(new ArrayBuffer(8));

function put(lanes: Lanes, key: unknown): void {
  if (key === null) return mix(lanes, 1);
  switch (typeof key) {
    case 'boolean':
      return mix(lanes, key ? 3 : 2);
    case 'number':
      return putNumber(lanes, 4, key);
    case 'bigint':
      return putText(lanes, 5, key.toString());
    case 'string':
      return putText(lanes, 6, key);
    case 'object':
      return putObject(lanes, key);
    default:
      throw new TypeError(`agg.distinctCount takes keys, not ${typeof key}`);
  }
}

function putObject(lanes: Lanes, key: object): void {
  if (key instanceof Date) return putNumber(lanes, 7, key.getTime());
  if (key instanceof Uint8Array) {
    mix(lanes, 8);
    mix(lanes, key.length);
    for (const byte of key) mix(lanes, byte);
    return;
  }
  if (!Array.isArray(key)) throw new TypeError('agg.distinctCount takes keys, not objects');
  mix(lanes, 9);
  mix(lanes, key.length);
  for (const item of key) put(lanes, item);
}

function putNumber(lanes: Lanes, tag: number, value: number): void {
  if (!Number.isFinite(value)) throw new TypeError(`agg.distinctCount takes keys, not ${value}`);
  mix(lanes, tag);
  // Minus zero and zero are one key.
  float.setFloat64(0, value + 0);
  mix(lanes, float.getUint32(0));
  mix(lanes, float.getUint32(4));
}

function putText(lanes: Lanes, tag: number, text: string): void {
  mix(lanes, tag);
  mix(lanes, text.length);
  for (let at = 0; at < text.length; at++) mix(lanes, text.charCodeAt(at));
}

function mix(lanes: Lanes, word: number): void {
  lanes.high = Math.imul(lanes.high ^ word, 0x5bd1f38d);
  lanes.high ^= lanes.high >>> 15;
  lanes.low = Math.imul(lanes.low ^ word ^ (lanes.high >>> 7), 0x1b873593);
  lanes.low ^= lanes.low >>> 13;
}

function finished(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
