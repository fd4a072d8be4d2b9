// Bounds how much is done at once: whoever finds no room waits in line, in order of asking, and may give up while waiting.

export class Rooms {
  private free: number;
  private readonly line = new Set<() => void>();

  constructor(count: number) {
    this.free = count;
  }

  /** Does the work as soon as there is room. Rejects with the signal's reason when it is aborted before. */
  async within<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.enter(signal);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const giveUp = (): void => {
        this.line.delete(enter);
        reject(signal.reason);
      };
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.line.add(enter);
    });
  }

  /** The room goes to the first in line, if there is one. */
  private leave(): void {
    const [next] = this.line;
    if (next === undefined) {
      this.free++;
      return;
    }
    this.line.delete(next);
    next();
  }
}
