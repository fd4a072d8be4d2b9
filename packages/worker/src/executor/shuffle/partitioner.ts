// Which partition a record goes to, decided from its key bytes when a segment is spilled.

import { FailureError } from '@sheaf/protocol';
import type { FunctionRef, Shuffle } from '@sheaf/protocol/graph';
import { decodeGroup, type GroupParts } from '../../data/group-key.ts';
import { keyText } from '../failure/key-text.ts';
import { thrownText } from '../failure/thrown-text.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { BadPartition, isPartition } from './bad-partition.ts';

/** Of the group part bytes[from, to) of a key. */
export type PartitionOf = (from: number, to: number) => number;

/** 'one': there is one partition, or the readers cut ranges; 'hash': by the hash of the group part, which a kernel knows. */
export type Partitioning = 'one' | 'hash' | PartitionOf;

export function partitioningOf(shuffle: Shuffle, partitions: number, job: LoadedJob): Partitioning {
  const { bytes } = job.memory;
  const { partitioner, key, group } = shuffle;
  if (partitions === 1 && partitioner.type !== 'function') return 'one';
  switch (partitioner.type) {
    case 'range':
      return 'one';
    case 'hash':
      return 'hash';
    case 'function': {
      const partition = job.functions[partitioner.function.index] as Partition;
      const parts: GroupParts = { descending: key.map(part => part.desc), group };
      const { function: ref } = partitioner;
      return from => checked(partition, decodeGroup(bytes, from, parts), { partitions, function: ref });
    }
  }
}

type Partition = (key: unknown, partitions: number) => unknown;

interface Asked {
  readonly partitions: number;
  readonly function: FunctionRef;
}

/** Failures name the key: the record that is being read is another one, as partitions are asked for when a segment is spilled. */
function checked(partition: Partition, key: unknown, { partitions, function: ref }: Asked): number {
  let given: unknown;
  try {
    given = partition(key, partitions);
  } catch (error) {
    throw new FailureError({ code: 'E_USER_CODE', message: thrownText(error), record: { key: keyText(key) } }, { cause: error });
  }
  if (isPartition(given, partitions)) return given;
  throw new BadPartition({ of: keyText(key), given, partitions, function: ref, record: { key: keyText(key) } });
}
