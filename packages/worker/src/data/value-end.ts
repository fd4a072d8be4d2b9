// Where an encoded value ends, found without making it: how values that nobody read are passed.

import { orderedBigintEnd } from './ordered-bigint.ts';
import { readVarint, varintEnd } from './varint.ts';

/** The end of the value that begins at source[at]. */
export function valueEnd(source: Uint8Array, at: number): number {
  const tag = source[at] as number;
  if (tag >= 0x80) return at + 1;
  if (tag >= 0x40) return at + 1 + (tag & 0x3f);
  if (tag >= 0x20) return at + 2;
  if (tag >= 0x10 && tag <= 0x17) return itemsEnd(source, at + 1, tag & 0x07);
  switch (tag) {
    case 0x00:
    case 0x01:
    case 0x02:
    case 0x03:
      return at + 1;
    case 0x04:
    case 0x05:
      return varintEnd(source, at + 1);
    case 0x06:
    case 0x08:
      return at + 9;
    case 0x07:
      return orderedBigintEnd(source, at + 1, 0);
    case 0x09:
    case 0x0a:
      return varintEnd(source, at + 1) + readVarint(source, at + 1);
    case 0x0b:
      return itemsEnd(source, varintEnd(source, at + 1), readVarint(source, at + 1));
    case 0x0c:
      return membersEnd(source, at + 1);
    default:
      throw new Error(`no value begins with ${tag} at ${at}`);
  }
}

function itemsEnd(source: Uint8Array, at: number, count: number): number {
  let to = at;
  for (let i = 0; i < count; i++) to = valueEnd(source, to);
  return to;
}

function membersEnd(source: Uint8Array, at: number): number {
  let to = at;
  for (let header = readVarint(source, to); header !== 0; header = readVarint(source, to)) {
    to = valueEnd(source, varintEnd(source, to) + header - 1);
  }
  return to + 1;
}
