// `sheaf coordinator` and `sheaf worker`: the processes of a cluster. They run until a signal asks them to end; as members of
// a simulated cluster (`--member`) they end when their standard input does, and leave nothing behind.

import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeTemporaryFolder, printWriter } from '@sheaf/cluster';
import { limits, UsageError } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import { type Command, Option } from 'commander';
import type { Logger } from 'pino';
import { CoordinatorClient } from '../submit/client.ts';
import { addressText, type CoordinatorAddress, parseAddress } from '../submit/coordinator-address.ts';
import { askJson } from '../submit/http.ts';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions, type CoordinatorOptions, coordinatorOf, tokenOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { portOption, slotsOption } from './options.ts';
import { isWildcard, ownAddressTowards } from './own-address.ts';
import { plural } from './quantities.ts';
import { ServerLife } from './server-life.ts';

interface ServerOptions extends CoordinatorOptions {
  readonly json?: boolean;
  readonly member?: boolean;
  readonly logLevel: string;
}

interface CoordinatorCommandOptions extends ServerOptions {
  readonly stateDir: string;
  readonly host: string;
  readonly port: number;
  readonly name: readonly string[];
}

interface WorkerCommandOptions extends ServerOptions {
  readonly slots: number;
  readonly dir?: string;
  readonly host?: string;
  readonly port: number;
  readonly advertise?: string;
  readonly outboundOnly?: boolean;
  readonly lz4?: boolean;
  readonly machine?: string;
  readonly label: readonly string[];
}

export function addServers(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  addServerOptions(program.command('coordinator').description('the process that plans jobs and hands out tasks'))
    .requiredOption('--state-dir <dir>', 'where its journal lies; started again on it, it goes on with its jobs')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes a free one', portOption, 7077)
    .option('--name <host>', 'a further name under which it is reached; may be repeated', collect, [])
    .option('--token-file <file>', 'file with the token that everyone must show; needed beyond this machine (or SHEAF_TOKEN_FILE)')
    .action(async (options: CoordinatorCommandOptions) => done(await runCoordinator(options, context)));
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
    .option('--machine <name>', "workers of equal names open each other's files, others fetch them (default: this machine)")
    .option('--label <text>', 'what the worker is good for; may be repeated', collect, [])
    .action(async (options: WorkerCommandOptions) => done(await runWorker(options, context)));
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

async function runCoordinator(options: CoordinatorCommandOptions, { terminal, version }: CommandContext): Promise<ExitCode> {
  const { JournalError, startCoordinator } = await import('@sheaf/coordinator');
  const { host, port, name: names } = options;
  const stateDirectory = resolve(terminal.cwd, options.stateDir);
  const token = tokenOf(options, terminal);
  const logger = await makeLogger(options);
  const life = new ServerLife(options.member === true);
  try {
    const coordinator = await startCoordinator({ stateDirectory, host, port, names, token, version, logger });
    if (options.json === true) terminal.result(JSON.stringify({ ready: true, url: coordinator.url }));
    else terminal.say(`coordinator at ${coordinator.url}, state in ${stateDirectory}`);
    const failed = await Promise.race([life.over, coordinator.ended]);
    if (options.member === true) await cancelEverything({ address: parseAddress(coordinator.url, token), version });
    await coordinator.stop();
    if (!(failed instanceof Error)) return exitCodes.succeeded;
    terminal.say(`error: the coordinator could not go on: ${failed.message}`);
    return exitCodes.failed;
  } catch (error) {
    throw error instanceof JournalError || isSystemError(error) ? unusable('--state-dir', stateDirectory, error) : error;
  } finally {
    life.end(stateDirectory);
  }
}

/** The jobs of a simulated cluster end with it: nobody will start its coordinator again, and their staging must go. */
async function cancelEverything({ address, version }: { readonly address: CoordinatorAddress; readonly version: string }): Promise<void> {
  const jobs = (await askJson(address, '/jobs').catch(() => [])) as readonly JobStatus[];
  const alive = jobs.filter(job => job.endedAt === null);
  if (alive.length === 0) return;
  const client = new CoordinatorClient({ address, version, onContact: () => {}, reconnectMs: 0 });
  const ends = alive.map(async ({ id }) => {
    await client.cancel(id, 'the cluster ends');
    await client.watch(id, { status: () => {}, note: () => {} });
  });
  await Promise.race([Promise.allSettled(ends), new Promise(resolve => setTimeout(resolve, limits.shutdownMs / 4).unref())]);
  client.close();
}

async function runWorker(options: WorkerCommandOptions, { terminal, version, cli }: CommandContext): Promise<ExitCode> {
  const { startWorker } = await import('@sheaf/worker');
  const logger = await makeLogger(options);
  const life = new ServerLife(options.member === true);
  const directory = options.dir === undefined ? makeTemporaryFolder('sheaf-worker-') : resolve(terminal.cwd, options.dir);
  try {
    const named = options.coordinator === '-' ? { ...options, coordinator: await life.firstLine } : options;
    const address = coordinatorOf(named, terminal);
    const own = await ownAddressTowards(address);
    const { slots, port, machine, label: labels, host = own, advertise = isWildcard(host) ? own : host } = options;
    const worker = await startWorker({
      ...{ coordinatorUrl: addressText(address), token: address.token, slots, directory, version, logger },
      ...{ host, port, advertisedHost: advertise, labels, executorPath: join(dirname(cli), 'executor.cjs') },
      ...{ lz4: options.lz4 === true, outboundOnly: options.outboundOnly === true },
      ...(machine === undefined ? {} : { machine }),
      ...(options.member === true ? { blanksMax: 1, onPrinted: printWriter(line => terminal.result(line)) } : {}),
    });
    if (options.json === true) terminal.result(JSON.stringify({ ready: true, worker: worker.id }));
    else terminal.say(`worker ${worker.id} of ${addressText(address)}, ${plural(slots, 'slot')}, files in ${directory}`);
    await Promise.race([life.over, worker.ended]);
    await worker.close();
    const end = await worker.ended;
    if (end.reason !== 'refused') return exitCodes.succeeded;
    terminal.say(`error: the coordinator refused this worker: ${end.message}`);
    return exitCodes.usage;
  } catch (error) {
    throw isSystemError(error) ? unusable('--dir', directory, error) : error;
  } finally {
    if (options.dir === undefined) rmSync(directory, { recursive: true, force: true });
    life.end(directory);
  }
}

/** The operating system would not do something with a file or folder. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

function unusable(option: string, directory: string, error: Error): UsageError {
  return new UsageError(`${option} ${directory}: ${error.message}`, { cause: error });
}

/** Loaded only by servers: every other command starts sooner without it. */
async function makeLogger({ logLevel, member }: ServerOptions): Promise<Logger> {
  const { default: pino } = await import('pino');
  const level = member === true && logLevel === 'info' ? 'warn' : logLevel;
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
