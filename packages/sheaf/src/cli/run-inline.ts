// `sheaf run --inline`: the same stages in this one process.

import type { CommandContext } from './command-line.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { JobArguments } from './job-arguments.ts';

export async function runInlineCommand(_file: string, _options: JobArguments, { terminal }: CommandContext): Promise<ExitCode> {
  terminal.say('inline is on its way');
  return exitCodes.usage;
}
