// What a command may write to and read of its surroundings. Standard output carries results only; everything said to a
// person goes to standard error. A reader that went away (`| head`) is the reader's affair, not an error.

import type { ProgressStream } from './progress.ts';

export interface Terminal {
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly stderr: ProgressStream;
  readonly color: boolean;
  /** Width for text on standard error. */
  readonly width: number;
  /** One line of a result. */
  result(line: string): void;
  /** Text of a result as it is. */
  resultText(text: string): void;
  /** One line for the person who watches. */
  say(line: string): void;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const { stderr, stdout, env } = process;
  // Taken now: what a job prints that is loaded or run in this process is no result, and `run --inline` catches all of it.
  const writeError = stderr.write.bind(stderr);
  const writeResult = stdout.write.bind(stdout);
  stdout.write = writeError;
  return {
    cwd: process.cwd(),
    environment: env,
    stderr: {
      isTTY: stderr.isTTY,
      get columns() {
        return stderr.columns;
      },
      get rows() {
        return stderr.rows;
      },
      write: text => writeError(text),
    },
    color: stderr.isTTY === true && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    width: stderr.isTTY === true ? stderr.columns || 80 : 200,
    result: line => void writeResult(`${line}\n`),
    resultText: text => void writeResult(text),
    say: line => void writeError(`${line}\n`),
  };
}
