// What `sheaf worker` does once its options are known. It runs until a signal asks it to end; as a member of a simulated cluster it ends
// when its standard input does, and leaves nothing behind.

import { rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeTemporaryFolder, printWriter } from '@sheaf/cluster';
import type { EarlyExecutor } from '@sheaf/worker/executor-start';
import { addressText } from '../submit/coordinator-address.ts';
import type { CommandContext } from './command-line.ts';
import { coordinatorOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { isWildcard, ownAddressTowards } from './own-address.ts';
import { plural } from './quantities.ts';
import { ServerLife } from './server-life.ts';
import { isSystemError, makeLogger, type ServerOptions, unusable } from './serving.ts';

export interface WorkerCommandOptions extends ServerOptions {
  readonly slots: number;
  readonly dir?: string;
  readonly blobs?: string;
  /** A member that is there for many jobs. */
  readonly standing?: boolean;
  readonly early?: EarlyExecutor;
  readonly host?: string;
  readonly port: number;
  readonly advertise?: string;
  readonly outboundOnly?: boolean;
  readonly lz4?: boolean;
  readonly machine?: string;
  readonly label: readonly string[];
}

export async function runWorker(options: WorkerCommandOptions, { terminal, version, cli }: CommandContext): Promise<ExitCode> {
  const { startWorker } = await import('@sheaf/worker');
  const logger = await makeLogger(options);
  const life = new ServerLife(options.member === true);
  const directory = options.dir === undefined ? makeTemporaryFolder('sheaf-worker-') : resolve(terminal.cwd, options.dir);
  try {
    // A member's coordinator is on this machine, and starts meanwhile.
    const address = options.coordinator === '-' ? null : coordinatorOf(options, terminal);
    const coordinatorUrl = address === null ? life.firstLine : addressText(address);
    const own = address === null ? '127.0.0.1' : await ownAddressTowards(address);
    const { slots, port, machine, label: labels, host = own, advertise = isWildcard(host) ? own : host } = options;
    const worker = await startWorker({
      ...{ coordinatorUrl, token: address?.token ?? null, slots, directory, version, logger },
      ...{ host, port, advertisedHost: advertise, labels, executorPath: join(dirname(cli), 'executor.cjs') },
      ...{ lz4: options.lz4 === true, outboundOnly: options.outboundOnly === true },
      ...(machine === undefined ? {} : { machine }),
      ...(options.member === true
        ? { blobs: options.blobs, early: options.early, onPrinted: printWriter(line => terminal.result(line)) }
        : {}),
      ...(options.member === true && options.standing !== true ? { blanksMax: 1, forOneJob: true } : {}),
    });
    if (options.json === true) terminal.result(JSON.stringify({ ready: true, worker: worker.id }));
    else terminal.say(`worker ${worker.id} of ${await coordinatorUrl}, ${plural(slots, 'slot')}, files in ${directory}`);
    await Promise.race([life.over, worker.ended]);
    await worker.close();
    const end = await worker.ended;
    if (end.reason !== 'refused') return exitCodes.succeeded;
    terminal.say(`error: the coordinator refused this worker: ${end.message}`);
    return exitCodes.usage;
  } catch (error) {
    throw isSystemError(error) ? unusable('--dir', directory, error) : error;
  } finally {
    options.early?.end();
    if (options.dir === undefined) rmSync(directory, { recursive: true, force: true });
    life.end(directory);
  }
}
