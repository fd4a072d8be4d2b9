// Virtual time: what is to happen, by time and, at the same time, in the order in which it was planned.

interface Planned {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

export class Timeline {
  now = 0;
  private planned = 0;
  /** A binary heap: the next thing is first. */
  private readonly heap: Planned[] = [];

  after(delayMs: number, happen: () => void): void {
    this.at(this.now + Math.max(0, delayMs), happen);
  }

  at(at: number, happen: () => void): void {
    this.push({ at: Math.max(this.now, at), order: this.planned++, happen });
  }

  /** Lets the next thing happen. False: nothing is planned. */
  advance(): boolean {
    const next = this.pop();
    if (next === undefined) return false;
    this.now = next.at;
    next.happen();
    return true;
  }

  private push(item: Planned): void {
    const { heap } = this;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(item, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = item;
  }

  private pop(): Planned | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      if (left === undefined) break;
      const useRight = right !== undefined && isBefore(right, left);
      const child = useRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[at] = child;
      at = useRight ? 2 * at + 2 : 2 * at + 1;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
