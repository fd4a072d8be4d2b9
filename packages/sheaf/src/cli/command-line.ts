// The whole command line: what every command shares, and how any outcome becomes an exit code. Mistakes of the caller are one
// line on standard error, never a stack.

import { Command, CommanderError } from 'commander';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { tellError } from './tell-error.ts';
import type { Terminal } from './terminal.ts';

export interface CommandContext {
  readonly terminal: Terminal;
  readonly version: string;
  /** This program's file: members of a simulated cluster are started from it. */
  readonly cli: string;
}

/** Adds commands to the program; each of them ends by giving its exit code to `done`. */
export type CommandGroup = (program: Command, context: CommandContext, done: (code: ExitCode) => void) => void;

/** Runs one command line and gives its exit code. */
export async function runCommandLine(args: readonly string[], groups: readonly CommandGroup[], context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  let code: ExitCode = exitCodes.succeeded;
  const program = new Command('sheaf')
    .description('MapReduce for Node.js: a job is one TypeScript file.')
    .version(context.version)
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.resultText(text),
      writeErr: text => terminal.stderr.write(text),
      outputError: text => terminal.say(withAdvice(text)),
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false });
  for (const group of groups) {
    group(program, context, given => {
      code = given;
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return codeOfError(error, terminal);
  }
}

/** What is wrong and what to do about it, on one line. */
function withAdvice(text: string): string {
  const line = text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return /Did you mean|must be|Write it as|Allowed choices/.test(line) ? line : `${line}; --help shows what there is`;
}

/** Tells the error, if nobody has yet, and gives the code it ends with. */
function codeOfError(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.succeeded : exitCodes.usage;
  return tellError(error, terminal);
}
