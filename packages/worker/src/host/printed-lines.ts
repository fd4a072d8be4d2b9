// What attempts print, line by line as it comes, for somebody who watches this worker: `sheaf run` shows it. Bounded, so that a
// job that prints much slows nobody down: some lines a second, some in all; of the rest the number is told. The attempts' logs
// have bounds of their own.

import { StringDecoder } from 'node:string_decoder';
import { limits } from '@sheaf/protocol';
import type { AttemptName } from '@sheaf/protocol/messages';

export interface PrintListener {
  /** One line without its end, cut to `limits.printedLineCharsMax`. */
  line(attempt: AttemptName, text: string): void;
  /** So many lines more were printed than were told; at most once a second. */
  leftOut(lines: number): void;
}

/** Takes what one attempt prints. */
export interface PrintSink {
  write(chunk: Uint8Array): void;
  /** A last line may have no end. */
  close(): void;
}

const secondMs = 1_000;

export class PrintedLines {
  private readonly listener: PrintListener;
  private told = 0;
  private untold = 0;
  private toldInSecond = 0;
  private secondFrom = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;

  constructor(listener: PrintListener) {
    this.listener = listener;
  }

  open(attempt: AttemptName): PrintSink {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    return {
      write: chunk => {
        const lines = (rest + decoder.write(chunk as Buffer)).split('\n');
        // Of a line that never ends no more is kept than will be shown.
        rest = (lines.pop() ?? '').slice(0, limits.printedLineCharsMax + 1);
        for (const line of lines) this.tell(attempt, line);
      },
      close: () => {
        rest += decoder.end();
        if (rest !== '') this.tell(attempt, rest);
        rest = '';
      },
    };
  }

  close(): void {
    clearTimeout(this.timer);
    if (this.untold > 0) this.listener.leftOut(this.untold);
    this.untold = 0;
  }

  private tell(attempt: AttemptName, line: string): void {
    const now = performance.now();
    if (now - this.secondFrom >= secondMs) {
      this.secondFrom = now;
      this.toldInSecond = 0;
    }
    if (this.told >= limits.printedLinesMax || this.toldInSecond >= limits.printedLinesPerSecondMax) return this.leaveOut();
    this.told += 1;
    this.toldInSecond += 1;
    const { printedLineCharsMax } = limits;
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    this.listener.line(attempt, text.length > printedLineCharsMax ? `${text.slice(0, printedLineCharsMax)}…` : text);
  }

  private leaveOut(): void {
    if (this.untold === 0) this.timer = setTimeout(() => this.close(), secondMs).unref();
    this.untold += 1;
  }
}
