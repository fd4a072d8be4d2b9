// A record as JSON text, as JSON.stringify spells it, with what JSON has no spelling for: bigint as a number literal, Date as
// ISO text, bytes as base64. NaN, ±Infinity, functions and symbols are refused with the path to them.
// Most records hold none of these: one look at the values, then the built-in JSON.stringify, which is many times faster.

import { limits } from '@sheaf/protocol';
import { BadOutputRecord } from './encoder.ts';

/** One line of JSON. Throws BadOutputRecord. */
export function jsonText(record: unknown): string {
  if (isPlain(record, 0)) return JSON.stringify(record);
  const text = spell(record, { path: '', depth: 0 });
  if (text === undefined) throw refused(record, 'the record');
  return text;
}

/** Whether JSON.stringify says exactly what is meant. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (depth > limits.valueDepthMax) return false;
  if (Array.isArray(value)) return value.every(item => isPlain(item, depth + 1));
  const prototype = Object.getPrototypeOf(value) as unknown;
  if ((prototype !== Object.prototype && prototype !== null) || 'toJSON' in value) return false;
  for (const name in value) if (!isPlain((value as Record<string, unknown>)[name], depth + 1)) return false;
  return true;
}

interface Place {
  readonly path: string;
  readonly depth: number;
}

/** undefined for what JSON leaves out of objects. */
function spell(value: unknown, place: Place): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw refused(value, place.path);
      return JSON.stringify(value);
    case 'bigint':
      return value.toString();
    case 'undefined':
      return undefined;
    case 'object':
      return value === null ? 'null' : spellObject(value, place);
    default:
      throw refused(value, place.path);
  }
}

function spellObject(value: object, place: Place): string | undefined {
  if (place.depth > limits.valueDepthMax) {
    throw new BadOutputRecord(`${short(place.path)} is deeper than ${limits.valueDepthMax} levels, or holds itself`);
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new BadOutputRecord(`${named(place.path)} is an invalid date`);
    return JSON.stringify(value.toISOString());
  }
  if (value instanceof Uint8Array) return JSON.stringify(base64(value));
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return spell(value.toJSON(), { path: place.path, depth: place.depth + 1 });
  }
  const depth = place.depth + 1;
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, i) => spell(item, { path: `${place.path}[${i}]`, depth }) ?? 'null').join(',')}]`;
  }
  const members: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    const text = spell(member, { path: place.path === '' ? name : `${place.path}.${name}`, depth });
    if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(',')}}`;
}

/** Bytes as sinks write them. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function refused(value: unknown, path: string): BadOutputRecord {
  const what = typeof value === 'function' ? 'a function' : String(value);
  return new BadOutputRecord(`${named(path)} is ${what}, which JSON cannot hold`);
}

function named(path: string): string {
  return path === '' ? 'the record' : short(path);
}

function short(path: string): string {
  return path.length <= limits.recordPreviewChars ? path : `${path.slice(0, limits.recordPreviewChars)}…`;
}
