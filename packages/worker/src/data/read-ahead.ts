// Many small runs that lie one behind another in a few packs, read front to back: each file is opened once and read in pieces that
// hold dozens of runs, where a run by itself takes two opens and six reads.

import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes of a file that are read at once. */
const pieceBytes = 262_144;
/** So many files are open at a time. */
const filesMax = 16;

interface OpenFile {
  readonly fd: number;
  readonly piece: Buffer;
  /** What of the file the piece holds. */
  from: number;
  to: number;
}

export class ReadAhead {
  /** The one that was opened first stands first. */
  private readonly files = new Map<string, OpenFile>();

  /** Reads bytes of a file into `target`; gives how many there were, 0 at its end. Throws as `openSync` and `readSync` do. */
  read(
    path: string,
    offset: number,
    { target, at, length }: { readonly target: Buffer; readonly at: number; readonly length: number },
  ): number {
    const file = this.opened(path);
    if (length > pieceBytes) return readSync(file.fd, target, at, length, offset);
    if (offset < file.from || offset + length > file.to) {
      file.from = offset;
      file.to = offset + readSync(file.fd, file.piece, 0, pieceBytes, offset);
    }
    const count = Math.min(length, file.to - offset);
    file.piece.copy(target, at, offset - file.from, offset - file.from + count);
    return count;
  }

  close(): void {
    for (const { fd } of this.files.values()) closeSync(fd);
    this.files.clear();
  }

  private opened(path: string): OpenFile {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    if (this.files.size >= filesMax) this.closeOldest();
    const file: OpenFile = { fd: openSync(path, 'r'), piece: Buffer.allocUnsafe(pieceBytes), from: 0, to: 0 };
    this.files.set(path, file);
    return file;
  }

  private closeOldest(): void {
    const [oldest] = this.files;
    if (oldest === undefined) return;
    closeSync(oldest[1].fd);
    this.files.delete(oldest[0]);
  }
}
