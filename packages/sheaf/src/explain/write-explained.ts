// A job that is explained, as a file: the ending of its name says as what.

import { extname, resolve } from 'node:path';
import { UsageError } from '@sheaf/protocol';
import { writeWholeFile } from '../submit/whole-file.ts';
import { dotOf } from './dot.ts';
import type { Explained } from './explained.ts';
import { planWarnings } from './plan-warnings.ts';
import { runLines } from './run-text.ts';
import { runWarnings } from './run-warnings.ts';
import { svgOf } from './svg.ts';

const forms: { readonly [ending: string]: (explained: Explained) => string } = {
  '.svg': explained => svgOf(explained, warningsOf(explained)),
  '.dot': dotOf,
  '.json': explained => `${JSON.stringify({ ...explained, warnings: warningsOf(explained) })}\n`,
  '.txt': explained => `${runLines(explained).join('\n')}\n`,
};

/** Throws UsageError for a name whose ending says nothing: before a job is run for it. */
export function checkExplainedFile(path: string): void {
  if (forms[extname(path)] === undefined)
    throw new UsageError(`--explain-to ${path}: the file's name must end in ${Object.keys(forms).join(', ')}`);
}

/** Writes the file, whole or not at all. Throws UsageError when it cannot be written. */
export async function writeExplained(path: string, explained: Explained, cwd: string): Promise<void> {
  const form = forms[extname(path)];
  if (form === undefined) throw new Error(`no form for ${path}`);
  try {
    await writeWholeFile(resolve(cwd, path), [new TextEncoder().encode(form(explained))], 0o644);
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Of a run what its measures say, of a plan what the listing says. */
export function warningsOf(explained: Explained): string[] {
  return explained.run === null ? planWarnings(explained) : runWarnings(explained);
}
