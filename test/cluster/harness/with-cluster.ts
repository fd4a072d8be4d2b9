// A cluster for one test: started before it, ended after it, and nothing may be left of it.

import { expect } from 'vitest';
import { type ClusterOptions, TestCluster } from './test-cluster.ts';

export async function withCluster(options: ClusterOptions, work: (cluster: TestCluster) => Promise<void>): Promise<void> {
  const cluster = await TestCluster.start(options);
  try {
    await work(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  expect(await cluster.stop()).toEqual([]);
}
