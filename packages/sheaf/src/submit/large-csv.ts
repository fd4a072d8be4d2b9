// Decides which csv inputs have their quotes scanned, so that they can be cut: those with a file larger than a split.

import { type ScannedPaths, scannable } from '@sheaf/job/open';
import type { StageGraph } from '@sheaf/protocol/graph';
import { listFiles } from '@sheaf/storage';

/** What cannot be listed is not decided: planning will tell. */
export async function decideScans(graph: StageGraph, cwd: string): Promise<ScannedPaths> {
  const bytesMin = graph.settings.splitMb * 1_048_576;
  const scanned: string[] = [];
  for (const paths of scannable(graph)) {
    const files = await listFiles(paths, { cwd }).catch(() => []);
    if (files.some(({ size, packed }) => packed === null && size > bytesMin)) scanned.push(JSON.stringify(paths));
  }
  return scanned;
}
