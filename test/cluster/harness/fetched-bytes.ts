// How many bytes of map outputs a worker has got from others, as it says itself once it has deleted the job.

import type { TestCluster, TestWorker } from './test-cluster.ts';

export interface FetchedBytes {
  /** From the owners. */
  readonly fetchedBytes: number;
  /** Through the coordinator. */
  readonly relayedBytes: number;
}

/** Waits until the worker has deleted the only job of its life. */
export function fetchedBytesOf(cluster: TestCluster, { process }: TestWorker): Promise<FetchedBytes> {
  return cluster.until('its job is deleted', () => {
    const line = process.stderr.split('\n').find(text => text.includes('"fetchedBytes"'));
    return line === undefined ? null : (JSON.parse(line) as FetchedBytes);
  });
}
