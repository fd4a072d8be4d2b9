// The source map of a bundle. Its sources are absolute paths, so that an error on any machine names the user's own file; what
// is not the user's (Sheaf, packages) is on its ignore list, so that a stack shows the job's lines first.

import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { entryNamespace } from './bundle-plugin.ts';
import type { SheafDoors } from './sheaf-doors.ts';

interface Bundled {
  readonly path: string;
  readonly doors: SheafDoors;
  readonly metafile: Metafile;
}

/** Rewrites the map that esbuild made, whose sources are relative to the job's folder. The module made here has no source. */
export function sourceMapOf(map: Uint8Array, bundled: Bundled): Uint8Array {
  const folder = dirname(bundled.path);
  const parsed = JSON.parse(new TextDecoder().decode(map)) as { sources: string[] };
  const own = sheafInputs(bundled, folder);
  const sources = parsed.sources.map(source => {
    if (source.startsWith(`${entryNamespace}:`)) return null;
    return isAbsolute(source) ? source : join(folder, source);
  });
  const ignoreList = sources.flatMap((source, at) => (isIgnored(source, own) ? [at] : []));
  return new TextEncoder().encode(JSON.stringify({ ...parsed, sources, ignoreList }));
}

function isIgnored(source: string | null, own: ReadonlySet<string>): boolean {
  return source === null || own.has(source) || source.includes(`${sep}node_modules${sep}`);
}

/** All modules that Sheaf's doors bring with them. */
function sheafInputs({ doors, metafile }: Bundled, folder: string): ReadonlySet<string> {
  const inputs = new Set<string>();
  const queue = [doors.sheaf, doors.open, doors.raw].flatMap(door => (door === null ? [] : [relative(folder, door)]));
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const path = join(folder, name);
    if (inputs.has(path)) continue;
    inputs.add(path);
    for (const imported of metafile.inputs[name]?.imports ?? []) if (!imported.external) queue.push(imported.path);
  }
  return inputs;
}
