// What a job prints, on its way from a worker of a simulated cluster to whoever started the cluster: one line of JSON each on
// the worker's standard output, behind the line that says it is ready.

import type { AttemptName } from '@sheaf/protocol/messages';
import type { PrintListener } from '@sheaf/worker';

type PrintedMessage =
  | { readonly type: 'printed'; readonly attempt: AttemptName; readonly text: string }
  | { readonly type: 'left-out'; readonly lines: number };

/** The worker's end. */
export function printWriter(write: (line: string) => void): PrintListener {
  const say = (message: PrintedMessage): void => write(JSON.stringify(message));
  return {
    line: (attempt, text) => say({ type: 'printed', attempt: namesOf(attempt), text }),
    leftOut: lines => say({ type: 'left-out', lines }),
  };
}

/** The other end: takes the worker's lines. */
export function printReader(listener: PrintListener): (line: string) => void {
  return line => {
    const message = JSON.parse(line) as PrintedMessage;
    if (message.type === 'printed') listener.line(message.attempt, message.text);
    else listener.leftOut(message.lines);
  };
}

/** An assignment is an attempt's name too, and has much more to it. */
function namesOf({ job, stage, task, attempt }: AttemptName): AttemptName {
  return { job, stage, task, attempt };
}
