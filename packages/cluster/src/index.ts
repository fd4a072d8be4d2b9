export type { Member, MemberEnd } from './member.ts';
export { MemberError } from './member.ts';
export { printWriter } from './printed.ts';
export type { Cluster, ClusterOptions } from './simulated-cluster.ts';
export { clusterSize, startCluster } from './simulated-cluster.ts';
export { makeTemporaryFolder } from './temporary-folder.ts';
