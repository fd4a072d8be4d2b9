// Loads a bundled job into this process: for `--inline`, for a submitter that plans, and for `explain`.
// The bundle holds a copy of Sheaf's job module of its own, whose UsageError is another class than ours; it is turned into ours here.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OpenedJob } from '@sheaf/job/open';
import { UsageError } from '@sheaf/protocol';
import type { JobBundle } from './bundler.ts';
import { writeWholeFile } from './whole-file.ts';

/** Writes the bundle into a folder as HASH.mjs, with its map as HASH.mjs.map, imports it and gives the job. */
export async function loadJob(bundle: JobBundle, directory: string): Promise<OpenedJob> {
  const name = `${bundle.sha256}.mjs`;
  const path = join(directory, name);
  await mkdir(directory, { recursive: true });
  await writeWholeFile(`${path}.map`, [bundle.sourceMap]);
  // Debuggers find the user's lines by this comment; the hash is of what stands before it.
  await writeWholeFile(path, [bundle.code, new TextEncoder().encode(`\n//# sourceMappingURL=${name}.map\n`)]);
  const job = await own(async () => ((await import(pathToFileURL(path).href)) as { readonly default: OpenedJob }).default);
  return {
    name: job.name,
    validate: raw => own(() => job.validate(raw)),
    compile: params => ownNow(() => job.compile(params)),
  };
}

async function own<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw ownError(error);
  }
}

function ownNow<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw ownError(error);
  }
}

/** The same error, or our UsageError for one of the bundle's; its stack, which names the user's line, stays. */
function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'UsageError' || error instanceof UsageError) return error;
  const usage = new UsageError(error.message, { cause: error.cause });
  if (error.stack !== undefined) usage.stack = error.stack;
  return usage;
}
