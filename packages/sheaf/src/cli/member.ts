// A process of a simulated cluster: the same as the commands `coordinator` and `worker` with `--member`, as a program of its own that
// loads nothing of other commands, nor what reads a command line for people.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import type { CommandContext } from './command-line.ts';
import { endProcess } from './end-process.ts';
import type { ExitCode } from './exit-codes.ts';
import { tellError } from './tell-error.ts';
import { processTerminal } from './terminal.ts';

/** What a simulated cluster says to its members: `KIND --NAME VALUE … --member --json`. */
export interface MemberArguments {
  readonly directory: string;
  readonly blobs: string | undefined;
  readonly port: number;
  readonly slots: number;
  readonly standing: boolean;
}

/** Runs a member to its end, which is the process's. */
export function runMember(serve: (given: MemberArguments, context: CommandContext) => Promise<ExitCode>): void {
  const context = { terminal: processTerminal(), version: manifest.version, cli: fileURLToPath(import.meta.url) };
  void serve(readArguments(), context)
    .catch((error: unknown) => tellError(error, context.terminal))
    .then(code => endProcess(code));
}

function readArguments(): MemberArguments {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      ...{ 'state-dir': text, dir: text, blobs: text, port: text, slots: text, coordinator: text },
      ...{ standing: flag, member: flag, json: flag },
    },
  });
  const { blobs, port = '0', slots = '1', standing = false } = values;
  return { directory: values['state-dir'] ?? values.dir ?? '', blobs, port: Number(port), slots: Number(slots), standing };
}
