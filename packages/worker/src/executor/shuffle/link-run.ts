// Edges that carry the same records share one run file: each has it under its own name.

import { copyFileSync, linkSync } from 'node:fs';
import type { EdgeId } from '@sheaf/protocol/graph';
import type { MapOutput } from '@sheaf/protocol/messages';

/** The output of another edge, as the output of `edge` at `path`. Inside, the file still bears the ids of the edge it was written for. */
export function linkRun(output: MapOutput, edge: EdgeId, path: string): MapOutput {
  try {
    linkSync(output.path, path);
  } catch {
    // Not every file system has links.
    copyFileSync(output.path, path);
  }
  return { ...output, edge, path };
}
