// How a part of a record is got: a Select of the graph as a function. Each is instantiated for its place in its stage, so that
// it stays monomorphic there.

import { limits } from '@sheaf/protocol';
import type { KeyPart, Select } from '@sheaf/protocol/graph';
import { BadKey, KeyTooLarge } from '../../data/bad-key.ts';
import { encodeKey, invertBytes } from '../../data/key-codec.ts';
import { instantiate } from '../../kernels/instantiate.ts';
import { UserMistake, whatIs } from '../failure/user-mistake.ts';
import type { LoadedJob } from '../loaded-job.ts';

export type Pick = (record: unknown) => unknown;

/** The part of a record that a Select names. */
export function pickOf(select: Select, job: LoadedJob): Pick {
  switch (select.type) {
    case 'record':
      return instantiate((record: unknown) => record);
    case 'column':
      return instantiate(columnPick)(select.name, noRow);
    case 'item':
      return instantiate(itemPick)(select.index, noList);
    case 'constant':
      return instantiate(constantPick)(select.value);
    case 'none':
      return instantiate(constantPick)(undefined);
    case 'function':
      return job.functions[select.function.index] as Pick;
  }
}

function columnPick(name: string, refuse: (name: string, record: unknown) => never): Pick {
  return record =>
    typeof record === 'object' && record !== null ? (record as { readonly [column: string]: unknown })[name] : refuse(name, record);
}

function noRow(name: string, record: unknown): never {
  throw new UserMistake(`a record with the column '${name}' was expected, but it is ${whatIs(record)}`);
}

function itemPick(index: number, refuse: (record: unknown) => never): Pick {
  return record => (Array.isArray(record) ? record[index] : refuse(record));
}

/** Items are parts of pairs, mostly. A string has items too, but they are no key and value. */
function noList(record: unknown): never {
  throw new UserMistake(`a pair [key, value] was expected, but map gave ${whatIs(record)}`);
}

function constantPick(value: unknown): Pick {
  return () => value;
}

/** Writes the parts of a key one behind another, descending ones inverted. */
export interface KeyWriter {
  /** One ascending part that is the group: `pickKey` and encodeKey do. */
  readonly simple: boolean;
  readonly pickKey: Pick;
  /** Gives the end, or −1 when there is no room. */
  putKey(record: unknown, at: number, limit: number): number;
  /** Length of the group part that the last putKey wrote. */
  groupLength(): number;
}

export function keyWriterOf(parts: readonly KeyPart[], group: number, job: LoadedJob): KeyWriter {
  const picks = parts.map(part => pickOf(part.select, job));
  const { bytes } = job.memory;
  const only = parts.length === 1 && group === 1 && parts[0]?.desc === false;
  let groupLength = 0;
  return {
    simple: only,
    pickKey: picks[0] ?? (() => undefined),
    putKey(record: unknown, at: number, limit: number): number {
      let end = at;
      groupLength = 0;
      let part = 0;
      try {
        for (; part < picks.length; part++) {
          const from = end;
          end = encodeKey((picks[part] as Pick)(record), bytes, from, limit);
          if (end < 0) return end;
          // After each part, so that a table, which keeps room for one key too many, never runs out of it.
          if (end - at > limits.keyBytesMax) throw new KeyTooLarge();
          if (parts[part]?.desc === true) invertBytes(bytes, from, end);
          if (part === group - 1) groupLength = end - at;
        }
      } catch (error) {
        if (error instanceof BadKey || error instanceof KeyTooLarge) error.part = part;
        throw error;
      }
      return end;
    },
    groupLength: () => groupLength,
  };
}
