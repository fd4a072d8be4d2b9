// `sheaf watch` and `sheaf cancel`: an accepted job, followed or ended from anywhere.

import type { JobId } from '@sheaf/protocol';
import type { Command } from 'commander';
import { CoordinatorClient } from '../submit/client.ts';
import { addressText, type CoordinatorAddress } from '../submit/coordinator-address.ts';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions, type CoordinatorOptions, coordinatorOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { FollowOptions } from './follow-job.ts';
import { jobIdArgument } from './options.ts';
import { rejected } from './rejected.ts';
import { followToEnd } from './submit.ts';

interface WatchOptions extends CoordinatorOptions {
  readonly json?: boolean;
}

interface Conversation {
  readonly client: CoordinatorClient;
  readonly job: JobId;
  readonly address: CoordinatorAddress;
}

export function addWatchAndCancel(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const { terminal } = context;
  addCoordinatorOptions(program.command('watch').description('follow a job to its end').argument('<id>', 'the job'))
    .option('--json', 'statuses, and notes as { note }, as one object a line on standard output; the last is the final status')
    .action(async (id: string, options: WatchOptions) => {
      const json = options.json === true;
      const follow = (address: CoordinatorAddress): FollowOptions => ({ terminal, json, coordinator: addressText(address) });
      done(await converse(id, options, context, talk => followToEnd({ ...talk, follow: follow(talk.address), cancelOnExit: false })));
    });
  addCoordinatorOptions(program.command('cancel').description('end a job; nothing of its output stays').argument('<id>', 'the job'))
    .option('--json', 'the last status of the job')
    .action(async (id: string, options: WatchOptions) => {
      done(await converse(id, options, context, talk => cancelJob(talk, { context, json: options.json === true })));
    });
}

async function cancelJob(
  { client, job }: Conversation,
  { context, json }: { readonly context: CommandContext; readonly json: boolean },
): Promise<ExitCode> {
  await client.cancel(job, 'sheaf cancel');
  const status = await client.watch(job, { status: () => {}, note: () => {} });
  if (json) context.terminal.result(JSON.stringify(status));
  else context.terminal.result(`${job} ${status.state}`);
  // A job that had ended by itself before is not an error of whoever wanted it gone.
  return exitCodes.succeeded;
}

async function converse(
  id: string,
  options: CoordinatorOptions,
  { terminal, version }: CommandContext,
  talk: (conversation: Conversation) => Promise<ExitCode>,
): Promise<ExitCode> {
  const job = jobIdArgument(id);
  const address = coordinatorOf(options, terminal);
  const client = new CoordinatorClient({ address, version, onContact: text => terminal.say(text) });
  try {
    return await talk({ client, job, address });
  } catch (error) {
    return rejected(error, terminal);
  } finally {
    client.close();
  }
}
