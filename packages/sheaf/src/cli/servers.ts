// `sheaf coordinator` and `sheaf worker`: the processes of a cluster, as commands.

import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions } from './coordinator-option.ts';
import type { ExitCode } from './exit-codes.ts';
import { portOption, slotsOption } from './options.ts';
import type { CoordinatorCommandOptions } from './serve-coordinator.ts';
import type { WorkerCommandOptions } from './serve-worker.ts';

export function addServers(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  addServerOptions(program.command('coordinator').description('the process that plans jobs and hands out tasks'))
    .requiredOption('--state-dir <dir>', 'where its journal lies; started again on it, it goes on with its jobs')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes a free one', portOption, 7077)
    .option('--name <host>', 'a further name under which it is reached; may be repeated', collect, [])
    .option('--token-file <file>', 'file with the token that everyone must show; needed beyond this machine (or SHEAF_TOKEN_FILE)')
    .action(async (options: CoordinatorCommandOptions) =>
      done(await (await import('./serve-coordinator.ts')).runCoordinator(options, context)),
    );
  addServerOptions(addCoordinatorOptions(program.command('worker').description('a process that runs tasks for a coordinator')))
    .option('--slots <count>', 'tasks at a time', slotsOption, availableParallelism())
    .option('--dir <dir>', 'where spills and map outputs lie; started again on it, it offers what it still has')
    .option('--host <host>', 'address to serve map outputs on (default: the one that leads to the coordinator)')
    .option('--port <port>', 'port to serve map outputs on; 0 takes a free one', portOption, 0)
    .option('--lz4', 'pack map outputs: for slow networks and disks')
    .option('--advertise <host>', 'name or address under which other workers reach this one (default: --host, when it is one)')
    .addOption(
      new Option('--outbound-only', 'listen on no port: other workers get its map outputs through the coordinator').conflicts([
        'host',
        'port',
        'advertise',
      ]),
    )
    .addOption(new Option('--blobs <dir>').hideHelp())
    .addOption(new Option('--standing').hideHelp())
    .option('--machine <name>', "workers of equal names open each other's files, others fetch them (default: this machine)")
    .option('--label <text>', 'what the worker is good for; may be repeated', collect, [])
    .action(async (options: WorkerCommandOptions) => done(await (await import('./serve-worker.ts')).runWorker(options, context)));
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

function addServerOptions(command: Command): Command {
  return command
    .option('--json', 'say in one line of JSON on standard output when it is ready')
    .addOption(
      new Option('--log-level <level>', 'what is logged on standard error')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .addOption(new Option('--member').hideHelp());
}
