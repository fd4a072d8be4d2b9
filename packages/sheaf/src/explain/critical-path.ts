// The chain of stages that took longest together. A stage begins when all its producers have ended, so that a job takes at least
// as long as each chain of its stages: it is done much sooner only if a stage of the longest one is.

import type { OutlinedEdge, StageMeasures } from '@sheaf/protocol/messages';

/** The ids of the stages of the chain, in the order in which they ran; empty when nothing was measured. */
export function criticalPath(edges: readonly OutlinedEdge[], measured: readonly (StageMeasures | null)[]): number[] {
  const took: number[] = [];
  const before: number[] = [];
  // Edges lead from a lower to a higher id, so what a stage reads has been looked at before.
  for (const [id, stage] of measured.entries()) {
    const producers = edges.filter(edge => edge.to === id).map(edge => edge.from);
    const slowest = producers.reduce((best, from) => ((took[from] ?? -1) > (took[best] ?? -1) ? from : best), -1);
    before[id] = slowest;
    took[id] = stage === null ? Number.NEGATIVE_INFINITY : stage.endedAt - stage.startedAt + Math.max(0, took[slowest] ?? 0);
  }
  const longest = took.reduce((best, ms, id) => (ms > (took[best] ?? Number.NEGATIVE_INFINITY) ? id : best), -1);
  const path: number[] = [];
  for (let id = longest; id >= 0; id = before[id] ?? -1) path.unshift(id);
  return path;
}
