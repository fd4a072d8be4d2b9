// What the submitter decides of a plan before it is final, by looking at files. A plan is compiled once to see what there is to
// decide, and again as it was decided; executors find the decisions in the submitted graph, and so make the same one.

import type { StageGraph } from '@sheaf/protocol/graph';
import { decidedScans, type ScannedPaths, scannable } from './compile/scans.ts';
import type { CompiledJob } from './compiled-job.ts';
import { type DecidedCheckpoints, decidedCheckpoints } from './pipeline/checkpoints.ts';
import { type DecidedJoins, decidedJoins } from './pipeline/measured-joins.ts';

export interface Decided {
  readonly checkpoints: DecidedCheckpoints;
  readonly joins: DecidedJoins;
  readonly scans: ScannedPaths;
}

export const undecided: Decided = { checkpoints: {}, joins: {}, scans: [] };

/** Whether a plan may become another one. */
export function isUndecided({ graph, checkpoints = [], joins = [] }: CompiledJob): boolean {
  return checkpoints.length > 0 || joins.length > 0 || scannable(graph).length > 0;
}

/** What was decided where a graph was made of the plan. */
export function decidedIn(graph: StageGraph, { checkpoints = [] }: CompiledJob): Decided {
  const folders = checkpoints.map(({ folder }) => folder);
  return { checkpoints: decidedCheckpoints(graph, folders), joins: decidedJoins(graph), scans: decidedScans(graph) };
}
