// Records of a hundred bytes as terasort and teravalidate read them: a key of ten printable characters, the row in hexadecimal,
// filling, and the end of the line.

import { seededRandom } from './random.ts';

/** Records with keys in no order, each without the end of its line. */
export function teraRecords(rows: number): string[] {
  const random = seededRandom(29);
  return Array.from({ length: rows }, (_, row) => {
    const key = String.fromCharCode(...Array.from({ length: 10 }, () => 0x21 + random.below(94)));
    return `${key} ${row.toString(16).padStart(32, '0')} ${String.fromCharCode(0x41 + (row % 26)).repeat(55)}`;
  });
}

/** By the bytes of their keys, of equal keys in the order they came. */
export function sortedByKey(records: readonly string[]): string[] {
  const keyOf = (record: string): string => record.slice(0, 10);
  return [...records].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}
