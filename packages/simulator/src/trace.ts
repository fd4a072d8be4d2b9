// The last things that happened, for the report of a failed run. A seed replays the rest.

import { hash32 } from './random.ts';

const kept = 200;

export class Trace {
  /** Print everything as it happens, for a replay by hand. */
  private readonly onLine: ((line: string) => void) | null;
  private readonly lines: string[] = [];
  private digest = 0;

  constructor(onLine: ((line: string) => void) | null) {
    this.onLine = onLine;
  }

  add(now: number, who: string, what: string): void {
    const line = `${String(now).padStart(8)} ${who.padEnd(12)} ${what}`;
    this.onLine?.(line);
    this.digest = hash32(line, this.digest);
    this.lines.push(line);
    if (this.lines.length > 2 * kept) this.lines.splice(0, kept);
  }

  /** Of all lines: equal runs have equal hashes. */
  get hash(): number {
    return this.digest;
  }

  tail(): string {
    return this.lines.slice(-kept).join('\n');
  }
}
