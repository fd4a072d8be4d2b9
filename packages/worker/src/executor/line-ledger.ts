// What worker and executor must agree on at once, while the executor may be busy in user code for minutes: which of the tasks in
// its line it has begun, and which were withdrawn before that. A file of two numbers, without a name, that both have open. Each
// writes its own number and then reads the other's, so of a task that is begun and withdrawn in the same moment at least one of
// them knows: the executor, which lets go of it and says so.
//
//   bytes 0–7    the turn that was begun last, written by the executor
//   bytes 8–15   up to which turn what has not begun is withdrawn, written by the worker

import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const begunAt = 0;
const withdrawnAt = 8;
const numberBytes = 8;

/** The worker's end. */
export class LineLedger {
  /** For the executor to inherit. */
  readonly fd: number;
  private readonly number = Buffer.alloc(numberBytes);

  /** The file is in the folder for a moment only. */
  constructor(folder: string) {
    const path = join(folder, `sheaf-line-${randomBytes(8).toString('hex')}`);
    this.fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    ftruncateSync(this.fd, withdrawnAt + numberBytes);
  }

  /** The executor begins none of the turns up to this one that it has not begun. Gives the last one that it has, or is about to. */
  withdraw(upTo: number): number {
    writeNumber(this.fd, this.number, { at: withdrawnAt, value: upTo });
    return this.begun();
  }

  /** The turn that was begun last; 0: none was. */
  begun(): number {
    return readNumber(this.fd, this.number, begunAt);
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** The executor's end. */
export class LineClaims {
  private readonly fd: number;
  private readonly number = Buffer.alloc(numberBytes);

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Whether the turn may begin: it was not withdrawn. */
  begin(turn: number): boolean {
    writeNumber(this.fd, this.number, { at: begunAt, value: turn });
    return readNumber(this.fd, this.number, withdrawnAt) < turn;
  }
}

function writeNumber(fd: number, buffer: Buffer, { at, value }: { readonly at: number; readonly value: number }): void {
  buffer.writeDoubleLE(value);
  writeSync(fd, buffer, 0, numberBytes, at);
}

function readNumber(fd: number, buffer: Buffer, at: number): number {
  readSync(fd, buffer, 0, numberBytes, at);
  return buffer.readDoubleLE();
}
