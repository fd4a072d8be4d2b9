// The functions that a plan hands over, in order. Functions are never serialised: submitter and executors run the same plan
// and find a function by its index here; the hash of its source text, which is in the graph, shows that it is the same one.

import type { FunctionRef, Role } from '@sheaf/protocol/graph';
import type { AnyFunction } from '../user-function.ts';

export class FunctionTable {
  readonly functions: AnyFunction[] = [];
  private readonly known = new Map<AnyFunction, FunctionRef[]>();

  /** Hands over a function; one that was handed over as the same before is the same. `source` is the text its hash is of, where the function is a wrapper of ours around something else. */
  add(role: Role, handed: AnyFunction, source: string = handed.toString()): FunctionRef {
    const code = codeOf(source);
    const before = this.known.get(handed) ?? [];
    const same = before.find(ref => ref.role === role && ref.code === code);
    if (same !== undefined) return same;
    const ref = { role, index: this.functions.length, code };
    this.functions.push(handed);
    this.known.set(handed, [...before, ref]);
    return ref;
  }
}

/** A function of ours around one of the user's, which is what errors are about. */
export function wrapped(written: AnyFunction, wrapper: AnyFunction): AnyFunction {
  return Object.assign(wrapper, { written });
}

/** Likewise, of a pair whose key comes from another function than its value; null: from none of the user's. */
export function wrappedPair(key: AnyFunction | null, value: AnyFunction | null, wrapper: AnyFunction): AnyFunction {
  return Object.assign(wrapper, { written: value, writtenKey: key });
}

/** The user's own function of what was handed over, for its records or, `ofKey`, for their keys; null when there is none. */
export function writtenFunction(handed: AnyFunction, ofKey = false): AnyFunction | null {
  const { written, writtenKey } = handed as AnyFunction & { written?: AnyFunction | null; writtenKey?: AnyFunction | null };
  if (ofKey && writtenKey !== undefined) return writtenKey;
  return written === undefined ? handed : written;
}

/** FNV-1a, 32 bits, of the UTF-16 units of a text, in eight hex digits. */
export function codeOf(source: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < source.length; at++) {
    const unit = source.charCodeAt(at);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >> 8), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
