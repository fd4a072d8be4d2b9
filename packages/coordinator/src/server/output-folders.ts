// Where the outputs of a graph are, as absolute folders: relative ones are relative to the submitter's working directory.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputId, UsageError } from '@sheaf/protocol';
import type { StageGraph } from '@sheaf/protocol/graph';

/** The absolute folder of each output. Throws UsageError for one that is none on a file system. */
export function outputFolders(graph: StageGraph, cwd: string): ReadonlyMap<OutputId, string> {
  const folders = new Map<OutputId, string>();
  for (const [id, output] of graph.outputs.entries()) {
    if (output.type === 'files') folders.set(id, resolve(cwd, plainFolder(output.folder)));
  }
  return folders;
}

function plainFolder(folder: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(folder)?.[1]?.toLowerCase();
  if (scheme === undefined) return folder;
  if (scheme !== 'file') throw new UsageError(`${folder}: outputs are written to file systems only, not to '${scheme}:'`);
  try {
    return fileURLToPath(folder);
  } catch (error) {
    throw new UsageError(`${folder}: is not the URL of a folder on this machine`, { cause: error });
  }
}
