// The order of keys as the contract says it, on JavaScript values: written apart from the engine, which compares bytes, so
// that each has something independent to agree with.

export type Key = null | boolean | number | bigint | string | Date | Uint8Array | readonly Key[];

const typeOrder = ['null', 'boolean', 'number', 'bigint', 'string', 'date', 'bytes', 'tuple'];

function typeOf(key: Key): string {
  if (key === null) return 'null';
  if (key instanceof Date) return 'date';
  if (key instanceof Uint8Array) return 'bytes';
  return Array.isArray(key) ? 'tuple' : typeof key;
}

/** Negative, 0 or positive: by type, then by value; −0 is 0; strings by code points, as their UTF-8 bytes are ordered. */
export function compareKeys(a: Key, b: Key): number {
  const type = typeOf(a);
  if (type !== typeOf(b)) return typeOrder.indexOf(type) - typeOrder.indexOf(typeOf(b));
  switch (type) {
    case 'null':
      return 0;
    case 'boolean':
    case 'date':
      return Number(a) - Number(b);
    case 'string':
      return compareTexts(a as string, b as string);
    case 'bytes':
      return compareLists([...(a as Uint8Array)], [...(b as Uint8Array)], compareScalars);
    case 'tuple':
      return compareLists(a as readonly Key[], b as readonly Key[], compareKeys);
    default:
      return compareScalars(a as number | bigint, b as number | bigint);
  }
}

/** A key as it comes out of a shuffle: −0 is 0. */
export function normalKey(key: Key): Key {
  if (Array.isArray(key)) return key.map(normalKey);
  return Object.is(key, -0) ? 0 : key;
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  for (let i = 0; i < a.length && i < b.length; i++) {
    // At the first unit that differs; behind a common first half of a pair the second half decides.
    if (a.charCodeAt(i) !== b.charCodeAt(i)) return (a.codePointAt(i) as number) - (b.codePointAt(i) as number);
  }
  return a.length - b.length;
}

function compareScalars(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const difference = compare(a[i] as T, b[i] as T);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
