// A coordinator and a worker that are there before the clock starts.

import { startCluster } from '@sheaf/cluster';
import type { Program } from '../../program.ts';

export interface RunningCluster {
  /** Of its coordinator. */
  readonly url: string;
  /** Of its processes, but for those that they start. */
  readonly pids: readonly number[];
}

export interface ClusterPlace {
  /** An existing folder. */
  readonly folder: string;
  /** Of its one worker. */
  readonly slots: number;
  /** It gets ready for jobs while it has none, as workers do that somebody has started. Default false. */
  readonly standing?: boolean;
}

/** Of a coordinator, among the command lines of a cluster's processes. */
export const coordinatorProgram = ' coordinator ';

/** Ends the cluster whatever becomes of `use`. */
export async function onCluster<T>(
  program: Program,
  { folder, slots, standing = false }: ClusterPlace,
  use: (cluster: RunningCluster) => Promise<T>,
): Promise<T> {
  const cluster = startCluster({ cli: program.cli, workers: 1, slots, standing, directory: folder });
  const stopNow = (): void => cluster.stopNow();
  process.once('exit', stopNow);
  try {
    const url = await cluster.url;
    await Promise.all(cluster.workers.map(({ ready }) => ready));
    const pids = [cluster.coordinator, ...cluster.workers].map(({ pid }) => pid);
    return await Promise.race([use({ url, pids }), cluster.broken]);
  } finally {
    process.off('exit', stopNow);
    await cluster.stop();
  }
}
