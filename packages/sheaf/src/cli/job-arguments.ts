// The arguments of every command that takes a job file.

import { rmSync } from 'node:fs';
import { makeTemporaryFolder } from '@sheaf/cluster';
import type { Command } from 'commander';
import type { JobRequest } from '../submit/submission.ts';
import { collectParam, readParams } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface JobArguments {
  readonly param: readonly string[];
  readonly params?: string;
  readonly overwrite?: boolean;
}

/** Adds `FILE [-p name=value]… [--params file.json]` to a command. */
export function addJobArguments(command: Command): Command {
  return addParams(command.argument('<file>', 'the job file: an ES module in TypeScript or JavaScript'));
}

/** Adds `[-p name=value]… [--params file.json]` to a command. */
export function addParams(command: Command): Command {
  return command
    .option('-p, --param <name=value>', 'a parameter, as a string; may be repeated', collectParam, [])
    .option('--params <file>', 'parameters as one JSON object; -p goes before it');
}

/** What is asked for, with a folder for what planning writes. */
export function jobRequestOf(
  file: string,
  options: JobArguments,
  { terminal, directory }: { readonly terminal: Terminal; readonly directory: string },
): JobRequest {
  return {
    file,
    params: readParams(options.param, options.params, terminal.cwd),
    cwd: terminal.cwd,
    overwrite: options.overwrite === true,
    directory,
  };
}

/** Runs `work` with a folder for temporary files that is gone afterwards. */
export async function withTemporaryFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = makeTemporaryFolder('sheaf-submit-');
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    return await work(directory);
  } finally {
    process.off('exit', remove);
    remove();
  }
}
