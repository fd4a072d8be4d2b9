// The stages that the job waited for: back from the one that ended last, to the one of its producers that ended last, and so on.
// A stage begins when all its producers have ended, so a job is done sooner only if a stage of this path is.

import type { OutlinedEdge, StageMeasures } from '@sheaf/protocol/messages';

/** The ids of the stages of the path, in the order in which they ran; empty when nothing was measured. */
export function criticalPath(edges: readonly OutlinedEdge[], measured: readonly (StageMeasures | null)[]): number[] {
  const endOf = (id: number): number => measured[id]?.endedAt ?? -1;
  const latest = (ids: readonly number[]): number | undefined => {
    const known = ids.filter(id => endOf(id) >= 0);
    return known.length === 0 ? undefined : known.reduce((best, id) => (endOf(id) > endOf(best) ? id : best));
  };
  const path: number[] = [];
  for (let at = latest(measured.map((_, id) => id)); at !== undefined; ) {
    path.unshift(at);
    const stage: number = at;
    at = latest(edges.filter(edge => edge.to === stage).map(edge => edge.from));
  }
  return path;
}
