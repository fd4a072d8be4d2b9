// Where Sheaf's own modules lie that go into a job's bundle. A job file anywhere on disk may import 'sheaf' with nothing
// installed beside it; that always means the Sheaf that bundles it, never another copy that happens to be near.
// In a clone whose sources run as they are, the doors are TypeScript; beside a bundled Sheaf (the published package, or
// the clone's own bundle) they are the .mjs files of the same build.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SheafDoors {
  /** What `import … from 'sheaf'` is in a job's bundle: without what runs jobs. */
  readonly sheaf: string;
  /** What the bundle's entry imports `openJob` from. */
  readonly open: string;
  /** `sheaf/raw`, for our own tests and benchmarks; null where it was left out. */
  readonly raw: string | null;
  /** The folder from which Sheaf's own zod is found, for jobs that bring none. */
  readonly libraries: string;
}

/** The doors of the Sheaf that this module is part of. */
export function findSheafDoors(): SheafDoors {
  const here = dirname(fileURLToPath(import.meta.url));
  const built = doorsIn(here, '.mjs');
  const doors = built ?? doorsIn(dirname(here), '.ts');
  if (doors === null) throw new Error(`Sheaf's own modules (in-job, open) were not found beside ${here}`);
  return doors;
}

function doorsIn(folder: string, ending: string): SheafDoors | null {
  const [sheaf, open, raw] = ['in-job', 'open', 'raw'].map(name => join(folder, name + ending)) as [string, string, string];
  if (!existsSync(sheaf) || !existsSync(open)) return null;
  return { sheaf, open, raw: existsSync(raw) ? raw : null, libraries: folder };
}
