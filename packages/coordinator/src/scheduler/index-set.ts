// A set of task indexes below a fixed size, with the lowest member at hand: one bit an index, and above the bits two more
// levels of bits that say which words below are not empty. A million indexes take 130 kB, and no operation scans them.

const wordBits = 32;

export class IndexSet {
  readonly capacity: number;
  private readonly levels: readonly Uint32Array[];
  private count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    const levels: Uint32Array[] = [];
    let words = capacity;
    do {
      words = Math.max(1, Math.ceil(words / wordBits));
      levels.push(new Uint32Array(words));
    } while (words > 1);
    this.levels = levels;
  }

  get size(): number {
    return this.count;
  }

  has(index: number): boolean {
    return (word(this.levels[0], index >>> 5) & (1 << (index & 31))) !== 0;
  }

  add(index: number): void {
    if (index < 0 || index >= this.capacity) throw new Error(`index ${index} of ${this.capacity}`);
    if (this.has(index)) return;
    this.count++;
    for (const level of this.levels) {
      level[index >>> 5] = word(level, index >>> 5) | (1 << (index & 31));
      index >>>= 5;
    }
  }

  delete(index: number): void {
    if (!this.has(index)) return;
    this.count--;
    for (const level of this.levels) {
      const left = word(level, index >>> 5) & ~(1 << (index & 31));
      level[index >>> 5] = left;
      if (left !== 0) return;
      index >>>= 5;
    }
  }

  /** The lowest member that is at least `from`, or -1. */
  next(from: number): number {
    let at = from;
    let height = 0;
    for (; height < this.levels.length; height++) {
      const level = this.levels[height];
      if (level === undefined || at >>> 5 >= level.length) return -1;
      const above = word(level, at >>> 5) & (-1 << (at & 31));
      if (above !== 0) {
        at = (at & ~31) + lowestBit(above);
        break;
      }
      at = (at >>> 5) + 1;
    }
    if (height === this.levels.length) return -1;
    while (height > 0) {
      height--;
      at = at * wordBits + lowestBit(word(this.levels[height], at));
    }
    return at;
  }
}

function word(level: Uint32Array | undefined, at: number): number {
  return level?.[at] ?? 0;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
