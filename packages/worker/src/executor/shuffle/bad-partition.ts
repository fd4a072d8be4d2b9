// What a partition function of the job gave that is no partition.

import { FailureError, type RecordPlace } from '@sheaf/protocol';
import type { FunctionRef } from '@sheaf/protocol/graph';

interface Given {
  /** What the function was asked about, in words. */
  readonly of: string;
  readonly given: unknown;
  readonly partitions: number;
  readonly function: FunctionRef;
  /** Absent: the record that is being worked on. */
  readonly record?: RecordPlace;
}

/** E_PARTITION. */
export class BadPartition extends FailureError {
  /** The one that gave it. */
  readonly function: FunctionRef;

  constructor({ of, given, partitions, function: ref, record }: Given) {
    const what = typeof given === 'number' ? String(given) : typeof given;
    const message = `partition(${of}, ${partitions}) gave ${what}; it must give an integer from 0 to ${partitions - 1}`;
    super({ code: 'E_PARTITION', message, ...(record === undefined ? {} : { record }) });
    this.function = ref;
  }
}

export function isPartition(given: unknown, partitions: number): given is number {
  return typeof given === 'number' && Number.isInteger(given) && given >= 0 && given < partitions;
}
