// Why a key is refused, in words for the author of the job: what was found, where inside a tuple, and what may be a key.

import { limits } from '@sheaf/protocol';

/** A value that cannot be a key: E_BAD_KEY. */
export class BadKey extends Error {
  /** Which part of the shuffle's key it was to be. */
  part = 0;
  /** The step that looked at it; null: the one that sends it on. */
  step: number | null = null;

  constructor(message: string) {
    super(`${message}; a key is a string, finite number, bigint, boolean, null, Date, Uint8Array, or an array of these`);
    this.name = 'BadKey';
  }
}

/** A key of more than limits.keyBytesMax encoded bytes: E_KEY_TOO_LARGE. */
export class KeyTooLarge extends Error {
  /** The part of the shuffle's key with which it became too large. */
  part = 0;
  step: number | null = null;

  constructor() {
    super(
      `key is over ${limits.keyBytesMax} encoded bytes; make the key shorter, for example a hash of it, and keep the whole in the value`,
    );
    this.name = 'KeyTooLarge';
  }
}

/** Names what stands where a key should be: "undefined", "a function", "a Map", "an object". */
export function describeKey(key: unknown): string {
  if (key === undefined) return 'undefined';
  if (typeof key !== 'object' || key === null) return `a ${typeof key}`;
  const prototype: unknown = Object.getPrototypeOf(key);
  const name = prototype === null || prototype === Object.prototype ? '' : className(key);
  if (name === '') return 'a plain object';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} object`;
}

function className(key: object): string {
  const { constructor: made } = key;
  return typeof made === 'function' ? made.name : '';
}
