// Which partition a record goes to, decided from its key bytes when a segment is spilled.

import { FailureError } from '@sheaf/protocol';
import type { Partitioner } from '@sheaf/protocol/graph';
import { hashBytes, partitionOf } from '../data/hash.ts';
import { decodeKey } from '../data/key-codec.ts';
import { keyText } from './key-text.ts';
import type { LoadedJob } from './loaded-job.ts';

/** Of the group part bytes[from, to) of a key. */
export type PartitionOf = (from: number, to: number) => number;

export function partitionerOf(partitioner: Partitioner, partitions: number, job: LoadedJob): PartitionOf {
  const { bytes } = job.memory;
  if (partitions === 1 && partitioner.type !== 'function') return () => 0;
  switch (partitioner.type) {
    case 'range':
      return () => 0;
    case 'hash':
      return (from, to) => partitionOf(hashBytes(bytes, from, to), partitions);
    case 'function': {
      const partition = job.functions[partitioner.function.index] as (key: unknown, partitions: number) => unknown;
      return from => checked(partition(decodeKey(bytes, from), partitions), partitions, () => decodeKey(bytes, from));
    }
  }
}

function checked(partition: unknown, partitions: number, key: () => unknown): number {
  if (typeof partition === 'number' && Number.isInteger(partition) && partition >= 0 && partition < partitions) return partition;
  const given = typeof partition === 'number' ? String(partition) : typeof partition;
  const message = `partition(${keyText(key())}, ${partitions}) gave ${given}; it must give an integer from 0 to ${partitions - 1}`;
  throw new FailureError({ code: 'E_PARTITION', message, record: { key: keyText(key()) } });
}
