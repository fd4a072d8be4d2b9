// How a process of ours ends when it has nothing left to do.

import type { ExitCode } from './exit-codes.ts';

/**
 * Ends the process with this code: at once when all that it said has left, as taking its heap apart would take longer, and what its job's code
 * may have left open would keep it alive.
 */
export function endProcess(code: ExitCode): void {
  process.exitCode = code;
  if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
}
