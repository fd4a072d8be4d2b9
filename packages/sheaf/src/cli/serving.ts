// What coordinators and workers have in common as processes: options, a logger, what the operating system refuses.

import { UsageError } from '@sheaf/protocol';
import type { Logger } from 'pino';
import type { CoordinatorOptions } from './coordinator-option.ts';
import { memberLogger } from './member-logger.ts';

export interface ServerOptions extends CoordinatorOptions {
  readonly json?: boolean;
  readonly member?: boolean;
  readonly logLevel: string;
}

/** The operating system would not do something with a file or folder. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

export function unusable(option: string, directory: string, error: Error): UsageError {
  return new UsageError(`${option} ${directory}: ${error.message}`, { cause: error });
}

/** Loaded only by servers: every other command starts sooner without it. */
export async function makeLogger({ logLevel, member }: ServerOptions): Promise<Logger> {
  if (member === true && logLevel === 'info') return memberLogger();
  const { default: pino } = await import('pino');
  return pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
