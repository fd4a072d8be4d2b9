// What `sheaf coordinator` does once its options are known. It runs until a signal asks it to end; as a member of a simulated cluster it
// ends when its standard input does, and leaves nothing behind.

import { resolve } from 'node:path';
import { type JobId, limits } from '@sheaf/protocol';
import { type CoordinatorAddress, parseAddress } from '../submit/coordinator-address.ts';
import type { CommandContext } from './command-line.ts';
import { tokenOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { ServerLife } from './server-life.ts';
import { isSystemError, makeLogger, type ServerOptions, unusable } from './serving.ts';

export interface CoordinatorCommandOptions extends ServerOptions {
  readonly stateDir: string;
  readonly host: string;
  readonly port: number;
  readonly name: readonly string[];
}

export async function runCoordinator(options: CoordinatorCommandOptions, { terminal, version }: CommandContext): Promise<ExitCode> {
  const { JournalError, startCoordinator } = await import('@sheaf/coordinator');
  const { host, port, name: names } = options;
  const stateDirectory = resolve(terminal.cwd, options.stateDir);
  const token = options.member === true ? null : tokenOf(options, terminal);
  const logger = await makeLogger(options);
  const life = new ServerLife(options.member === true);
  try {
    const coordinator = await startCoordinator({ stateDirectory, host, port, names, token, version, logger });
    if (options.json === true) terminal.result(JSON.stringify({ ready: true, url: coordinator.url }));
    else terminal.say(`coordinator at ${coordinator.url}, state in ${stateDirectory}`);
    const failed = await Promise.race([life.over, coordinator.ended]);
    const { livingJobs } = coordinator;
    if (options.member === true && livingJobs.length > 0)
      await cancelAll(livingJobs, { address: parseAddress(coordinator.url, token), version });
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
async function cancelAll(
  jobs: readonly JobId[],
  { address, version }: { readonly address: CoordinatorAddress; readonly version: string },
): Promise<void> {
  const { CoordinatorClient } = await import('../submit/client.ts');
  const client = new CoordinatorClient({ address, version, onContact: () => {}, reconnectMs: 0 });
  const ends = jobs.map(async job => {
    await client.cancel(job, 'the cluster ends');
    await client.watch(job, { status: () => {}, note: () => {} });
  });
  await Promise.race([Promise.allSettled(ends), new Promise(resolve => setTimeout(resolve, limits.shutdownMs / 4).unref())]);
  client.close();
}
