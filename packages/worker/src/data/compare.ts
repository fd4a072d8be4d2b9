// The only comparison of the data path: unsigned bytes, left to right, and what ends first is smaller.
// Keys are encoded so that this order is their order (key-codec.ts).

/** Negative, 0 or positive as a[aFrom, aTo) sorts before, with or after b[bFrom, bTo). */
export function compareBytes(a: Uint8Array, aFrom: number, aTo: number, b: Uint8Array, bFrom: number, bTo: number): number {
  const aLength = aTo - aFrom;
  const bLength = bTo - bFrom;
  const common = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < common; i++) {
    const difference = (a[aFrom + i] as number) - (b[bFrom + i] as number);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}
