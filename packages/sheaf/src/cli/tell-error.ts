// What is said of an error that ends a process, and the code that it ends with.

import { UsageError } from '@sheaf/protocol';
import { LostContactError } from '../submit/lost-contact.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** One line for a mistake of the caller, and everything we know for a bug of ours. */
export function tellError(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof UsageError) {
    terminal.say(`error: ${error.message}`);
    return exitCodes.usage;
  }
  if (error instanceof LostContactError) {
    terminal.say(`error: ${error.message}`);
    return exitCodes.lostContact;
  }
  terminal.say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return exitCodes.failed;
}
