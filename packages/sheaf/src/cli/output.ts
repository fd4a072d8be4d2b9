// `sheaf output verify`: whether a committed output is still what its job wrote, byte for byte.

import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from './command-line.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { escaped } from './printable.ts';

export function addOutput(program: Command, { terminal }: CommandContext, done: (code: ExitCode) => void): void {
  const output = program.command('output').description('look at committed outputs');
  output
    .command('verify')
    .description('compare an output folder with its manifest; ends with 1 and names the parts that differ')
    .argument('<dir>', 'the output folder')
    .option('--json', 'the result as JSON')
    .action(async (folder: string, options: { readonly json?: boolean }) => {
      const { verifyOutput } = await import('@sheaf/storage');
      const problems = await verifyOutput(resolve(terminal.cwd, folder));
      if (options.json === true) terminal.result(JSON.stringify({ folder, problems }));
      else if (problems.length === 0) terminal.result(`${escaped(folder)} is as it was committed`);
      for (const { part, problem } of problems) terminal.say(`${escaped(folder)}/${escaped(part)} ${escaped(problem)}`);
      done(problems.length === 0 ? exitCodes.succeeded : exitCodes.failed);
    });
}
