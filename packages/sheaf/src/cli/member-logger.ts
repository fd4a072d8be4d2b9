// What a member of a simulated cluster logs: warnings and worse, as lines like pino's. They are read only when it fails, so it does
// without pino, which takes a tenth of its start.

import { writeSync } from 'node:fs';
import type { Logger } from 'pino';

const levels = { warn: 40, error: 50, fatal: 60 } as const;
const silent = (): void => {};

/** As much of a logger as coordinator and worker ask of one. */
export function memberLogger(bound: object = {}): Logger {
  const logger: Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & { readonly child: (fields: object) => Logger } = {
    ...{ debug: silent, info: silent },
    ...{ warn: lines('warn', bound), error: lines('error', bound), fatal: lines('fatal', bound) },
    child: fields => memberLogger({ ...bound, ...fields }),
  };
  return logger as unknown as Logger;
}

function lines(level: keyof typeof levels, bound: object): (fields: unknown, message?: string) => void {
  return (fields, message) => {
    const given = typeof fields === 'object' && message !== undefined ? { ...fields, msg: message } : { msg: fields };
    const line = { level: levels[level], time: new Date().toISOString(), ...bound, ...given };
    try {
      writeSync(2, `${JSON.stringify(line, (_, value: unknown) => (value instanceof Error ? value.stack : value))}\n`);
    } catch {
      // Nobody reads it any more.
    }
  };
}
