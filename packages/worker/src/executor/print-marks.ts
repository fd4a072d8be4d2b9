// Whose prints are whose, where an executor runs several attempts before its worker hears of them, and prints travel another way
// than results: in front of the first thing that an attempt prints on a stream stands a mark that names it. What user code writes
// past `process.stdout` and `process.stderr`, or lets another process write, has no mark, and counts as the last marked one's.

import { writeSync } from 'node:fs';
import type { AttemptId } from '@sheaf/protocol';

const start = '\0sheaf-attempt ';
const end = '\0';
const streams = { stdout: 1, stderr: 2 } as const;
/** An attempt's id is far shorter. */
const markCharsMax = 64;

/** The executor's end. */
export class PrintMarks {
  private attempt: AttemptId | null = null;
  private readonly marked = new Map<number, AttemptId>();

  /** From now on streams that are printed to are marked. */
  watch(): void {
    for (const [name, fd] of Object.entries(streams)) this.watchStream(name, fd);
  }

  /** This attempt prints from now on. */
  begin(attempt: AttemptId): void {
    this.attempt = attempt;
  }

  /** Before anything is written to the stream. */
  mark(fd: number): void {
    const { attempt } = this;
    if (attempt === null || this.marked.get(fd) === attempt) return;
    this.marked.set(fd, attempt);
    writeSync(fd, `${start}${attempt}${end}`);
  }

  /** The streams are made when they are first asked for, as making them takes a while. */
  private watchStream(name: string, fd: number): void {
    const own = Object.getOwnPropertyDescriptor(process, name);
    const make = own?.get;
    if (make === undefined) return;
    let stream: NodeJS.WriteStream | null = null;
    const get = (): NodeJS.WriteStream => {
      if (stream !== null) return stream;
      const made = make.call(process) as NodeJS.WriteStream;
      stream = made;
      const write = made.write.bind(made) as (...args: readonly unknown[]) => boolean;
      made.write = (...args: readonly unknown[]): boolean => {
        this.mark(fd);
        return write(...args);
      };
      return made;
    };
    Object.defineProperty(process, name, { ...own, get });
  }
}

/** The worker's end of one stream: gives what was printed, cut at the marks. */
export class MarkedPrints {
  private rest = '';
  private readonly take: (bytes: Buffer) => void;
  private readonly marked: (attempt: string) => void;

  constructor(take: (bytes: Buffer) => void, marked: (attempt: string) => void) {
    this.take = take;
    this.marked = marked;
  }

  write(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.rest === '' && !chunk.includes(0)) {
      this.take(chunk);
      return;
    }
    let text = this.rest + chunk.toString('latin1');
    this.rest = '';
    for (;;) {
      const at = text.indexOf(start[0] as string);
      if (at > 0 || (at === -1 && text !== '')) this.take(Buffer.from(at === -1 ? text : text.slice(0, at), 'latin1'));
      if (at === -1) return;
      text = text.slice(at);
      const head = text.slice(0, start.length);
      const close = text.indexOf(end, 1);
      if (!start.startsWith(head) || close > markCharsMax || (close === -1 && text.length > markCharsMax)) {
        this.take(Buffer.from(text.slice(0, 1), 'latin1'));
        text = text.slice(1);
      } else if (head.length < start.length || close === -1) {
        this.rest = text;
        return;
      } else {
        this.marked(text.slice(start.length, close));
        text = text.slice(close + 1);
      }
    }
  }

  /** Nothing more comes: what looked like the beginning of a mark is none. */
  end(): void {
    if (this.rest !== '') this.take(Buffer.from(this.rest, 'latin1'));
    this.rest = '';
  }
}
