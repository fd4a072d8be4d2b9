// Loads a bundled job into this process: for `--inline`, for a submitter that plans, and for `explain`.
// The bundle holds a copy of Sheaf's job module of its own, whose UsageError is another class than ours; it becomes ours
// here, and says which line of the user's it is about.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OpenedJob } from '@sheaf/job/open';
import { UsageError } from '@sheaf/protocol';
import { shownPath } from './bundle-errors.ts';
import type { JobBundle } from './job-bundle.ts';
import { userLineOf } from './user-line.ts';
import { writeWholeFile } from './whole-file.ts';

/** Writes the bundle into a folder as HASH.mjs, with its map as HASH.mjs.map, imports it and gives the job. */
export async function loadJob(bundle: JobBundle, directory: string): Promise<OpenedJob> {
  const name = `${bundle.sha256}.mjs`;
  const path = join(resolve(directory), name);
  await mkdir(directory, { recursive: true });
  // Debuggers find the user's lines by this comment; the hash is of what stands before it.
  const mapComment = new TextEncoder().encode(`\n//# sourceMappingURL=${name}.map\n`);
  await Promise.all([writeWholeFile(`${path}.map`, [bundle.sourceMap]), writeWholeFile(path, [bundle.code, mapComment])]);
  const { sourceMap } = bundle;
  const ours = (error: unknown): unknown => ownError(error, { path, sourceMap });
  const job = await importJob(path).catch(error => {
    throw isUsageError(error) ? ours(error) : loadError(error, bundle, path);
  });
  return {
    name: job.name,
    files: job.files,
    validate: raw =>
      job.validate(raw).catch(error => {
        throw ours(error);
      }),
    compile: (params, decided) => {
      try {
        return job.compile(params, decided);
      } catch (error) {
        throw ours(error);
      }
    },
  };
}

async function importJob(path: string): Promise<OpenedJob> {
  const module = (await import(pathToFileURL(path).href)) as { readonly default: OpenedJob };
  return module.default;
}

/** By its name: the class is the bundle's. */
function isUsageError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'UsageError';
}

function ownError(error: unknown, module: { readonly path: string; readonly sourceMap: Uint8Array }): unknown {
  if (!isUsageError(error)) return error;
  const line = userLineOf(error, module);
  return new UsageError(line === null ? error.message : `${line}: ${error.message}`, { cause: error });
}

/** The top level of the job file, or of something it imports, threw. */
function loadError(error: unknown, bundle: JobBundle, path: string): UsageError {
  const line = userLineOf(error, { path, sourceMap: bundle.sourceMap }) ?? shownPath(bundle.file);
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new UsageError(`${line}: the job file threw while it was loaded: ${text}`, { cause: error });
}
