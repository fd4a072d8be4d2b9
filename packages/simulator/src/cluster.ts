// The nodes of a simulation, for who starts, breaks and looks into them.

import type { CoordinatorNode } from './coordinator-node.ts';
import type { WorkerNode } from './worker-node.ts';
import type { World } from './world.ts';

export interface Cluster {
  readonly world: World;
  readonly coordinator: CoordinatorNode;
  readonly workers: readonly WorkerNode[];
}
