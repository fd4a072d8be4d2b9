// What a job prints while `sheaf run` runs it, on standard error, each line with its task. On a real cluster it stays with the
// workers, for `sheaf logs`; a simulated cluster is gone with its logs when the command ends.

import type { StageGraph } from '@sheaf/protocol/graph';
import type { AttemptName } from '@sheaf/protocol/messages';
import type { PrintListener } from '@sheaf/worker';
import { escaped } from './printable.ts';

export class JobPrints implements PrintListener {
  /** Of the job, once it is planned. */
  stages: StageGraph['stages'] = [];
  /** Says a line to the person who watches. */
  say: (text: string) => void;
  private more = 0;

  constructor(say: (text: string) => void) {
    this.say = say;
  }

  line({ stage, task }: AttemptName, text: string): void {
    this.say(`${escaped(this.stages[stage]?.name ?? `stage ${stage}`)}@${task} │ ${escaped(loggedText(text))}`);
  }

  leftOut(lines: number): void {
    this.more += lines;
  }

  /** Nothing more is printed. */
  end(): void {
    if (this.more > 0) this.say(`the job printed ${this.more} more lines, which are not shown`);
    this.more = 0;
  }
}

/** What `context.log` writes, in the words it was given; any other line as it is. */
function loggedText(line: string): string {
  if (!/^\{"level":"(?:info|warn)","time":"/.test(line)) return line;
  try {
    const { level, msg, time: _, ...fields } = JSON.parse(line) as { readonly [name: string]: unknown };
    return logText(String(level), String(msg), fields);
  } catch {
    return line;
  }
}

/** A message of `context.log` for a person. */
export function logText(level: string, message: string, fields: object = {}): string {
  return `${level}: ${message}${Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`}`;
}
