// How the imports of a job file are found: 'sheaf' is always the Sheaf that bundles, 'zod' is the job's own or else Sheaf's,
// everything else is what lies beside the job. The bundle's first module is made here: it opens the job.

import { dirname, join } from 'node:path';
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import type { SheafDoors } from './sheaf-doors.ts';

export const virtualEntry = 'sheaf-job-entry';
/** Sources in this namespace are made, not files. */
export const entryNamespace = 'sheaf-entry';

/** What was found out on the way, beside the modules themselves. */
export interface Resolutions {
  /** Files that would have changed how an import was resolved, had they been there. */
  readonly absent: Set<string>;
}

/** One build of one job file. */
export interface Bundling {
  readonly path: string;
  /** The job's name, where it is not what the file exports by default. */
  readonly job: string | null;
  readonly doors: SheafDoors;
  readonly resolutions: Resolutions;
}

/** The plugin for one build of one job file. */
export function sheafPlugin(bundling: Bundling): Plugin {
  return {
    name: 'sheaf',
    setup(build) {
      entry(build, bundling);
      build.onResolve({ filter: /^sheaf(\/.*)?$/ }, args => doorOf(args, bundling.doors));
      build.onResolve({ filter: /^zod(\/.*)?$/ }, args => zodOf(args, build, bundling));
      build.onResolve({ filter: /\.node$/ }, args => ({
        errors: [
          { text: `A native addon cannot travel with a job: ${args.path}`, notes: [{ text: 'Use a package without native code.' }] },
        ],
      }));
    },
  };
}

function entry(build: PluginBuild, { path, job, doors }: Bundling): void {
  build.onResolve({ filter: new RegExp(`^${virtualEntry}$`) }, () => ({ path: virtualEntry, namespace: entryNamespace }));
  build.onLoad({ filter: /.*/, namespace: entryNamespace }, () => ({
    contents: (job === null ? ofDefault(path, doors) : ofNamed(path, job, doors)).join('\n'),
    resolveDir: dirname(path),
    loader: 'js',
  }));
}

/** The namespace import lets a job file without a default export reach openJob, which says what to write. */
function ofDefault(path: string, doors: SheafDoors): readonly string[] {
  return [
    `import * as file from ${JSON.stringify(path)};`,
    `import { openJob } from ${JSON.stringify(doors.open)};`,
    'export default openJob(file.default);',
  ];
}

/** A program is loaded as far as its first `run`, and its module may never be done. */
function ofNamed(path: string, job: string, doors: SheafDoors): readonly string[] {
  return [
    `import { openNamedJob } from ${JSON.stringify(doors.open)};`,
    `export default await openNamedJob(() => import(${JSON.stringify(path)}), ${JSON.stringify(job)});`,
  ];
}

function doorOf(args: OnResolveArgs, doors: SheafDoors): OnResolveResult {
  if (args.path === 'sheaf') return { path: doors.sheaf };
  if (args.path === 'sheaf/raw' && doors.raw !== null) return { path: doors.raw };
  return { errors: [{ text: `There is no '${args.path}': everything that a job file needs is in 'sheaf'` }] };
}

/** Marks the question that the plugin itself asks, so that it does not answer it. */
const asked = Symbol('asked by the plugin');

async function zodOf(args: OnResolveArgs, build: PluginBuild, { doors, resolutions }: Bundling): Promise<OnResolveResult | undefined> {
  if (args.pluginData === asked) return undefined;
  const { importer, kind, namespace, path } = args;
  const resolved = { importer, kind, namespace, pluginData: asked };
  const own = await build.resolve(path, { ...resolved, resolveDir: args.resolveDir });
  if (own.errors.length === 0) return own;
  const fallback = await build.resolve(path, { ...resolved, resolveDir: doors.libraries });
  if (fallback.errors.length > 0) return { errors: own.errors };
  for (const folder of foldersUpFrom(args.resolveDir)) resolutions.absent.add(join(folder, 'node_modules/zod/package.json'));
  return fallback;
}

/** A folder and all that it lies in, up to the root. */
export function foldersUpFrom(folder: string): readonly string[] {
  const folders = [folder];
  for (let at = folder; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at));
  return folders;
}
