// Why a value is refused, in words for the author of the job: what was found, and the path to it from `value`.

import { isBoxedPrimitive, isUint8Array } from 'node:util/types';

/** A value that cannot be carried between tasks: E_BAD_VALUE. */
export class BadValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadValue';
  }
}

/**
 * Built-in objects whose content JSON would lose without a word, by the tag that Object.prototype.toString reads, each with
 * what to write instead. Subclasses are found too.
 */
const losing: { readonly [tag: string]: string } = {
  Map: 'a Map: carry its entries as an array, [...map]',
  Set: 'a Set: carry it as an array, [...set]',
  WeakMap: 'a WeakMap',
  WeakSet: 'a WeakSet',
  Promise: 'a promise: functions of a job are synchronous per record; await in setup or in mapBatch',
  RegExp: 'a RegExp: carry its source as a string',
  ArrayBuffer: 'an ArrayBuffer: carry it as a Uint8Array',
  SharedArrayBuffer: 'a SharedArrayBuffer: carry it as a Uint8Array',
  DataView: 'a DataView: carry it as a Uint8Array',
};

/** What an object is when it cannot be carried, or '' when it can. */
export function whyNotCarried(value: object): string {
  if (isBoxedPrimitive(value)) return typeof value.valueOf() === 'symbol' ? 'a symbol' : '';
  if (ArrayBuffer.isView(value) && !isUint8Array(value) && !(value instanceof DataView)) {
    return 'a typed array that is no Uint8Array: carry it as a Uint8Array or an array of numbers';
  }
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return Object.hasOwn(losing, tag) ? (losing[tag] as string) : '';
}

/** How a member is written behind the path of its object: `.name`, or `["other name"]`. */
export function memberPath(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** A path that stays readable when what was refused lies very deep. */
export function shortPath(path: string): string {
  return path.length <= 200 ? path : `${path.slice(0, 100)}…${path.slice(-50)}`;
}
