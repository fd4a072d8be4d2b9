// `--coordinator` and `--token-file`, for every command that talks to a coordinator.

import { UsageError } from '@sheaf/protocol';
import type { Command } from 'commander';
import { type CoordinatorAddress, parseAddress, readToken } from '../submit/coordinator-address.ts';
import type { Terminal } from './terminal.ts';

export interface CoordinatorOptions {
  readonly coordinator?: string;
  readonly tokenFile?: string;
}

/** Adds the two options to a command. */
export function addCoordinatorOptions(command: Command): Command {
  return command
    .option('--coordinator <url>', 'ws://HOST:PORT of the coordinator (or SHEAF_COORDINATOR)')
    .option('--token-file <file>', 'file with the token, needed beyond this machine (or SHEAF_TOKEN_FILE)');
}

/** The coordinator that the options or the environment name. Throws UsageError. */
export function coordinatorOf(options: CoordinatorOptions, terminal: Terminal): CoordinatorAddress {
  const url = options.coordinator ?? given(terminal.environment.SHEAF_COORDINATOR);
  if (url === undefined) throw new UsageError('no coordinator is named: say --coordinator ws://HOST:PORT, or set SHEAF_COORDINATOR');
  return parseAddress(url, tokenOf(options, terminal));
}

/** The token that the options or the environment name; null for none. Throws UsageError. */
export function tokenOf({ tokenFile }: Pick<CoordinatorOptions, 'tokenFile'>, terminal: Terminal): string | null {
  const path = tokenFile ?? given(terminal.environment.SHEAF_TOKEN_FILE);
  return path === undefined ? null : readToken(path);
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
