// Chance from a seed. Each concern draws from a stream of its own, so that one draw more in one of them leaves the others as
// they were, and a seed that found a bug still finds it after a change elsewhere.

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: string) {
    this.a = hash32(seed, 1);
    this.b = hash32(seed, 2);
    this.c = hash32(seed, 3);
    for (let i = 0; i < 12; i++) this.next32();
  }

  /** In [0, 1). */
  fraction(): number {
    return this.next32() / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** An integer in [from, to]. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** Mostly short, now and then long: around `meanMs`, up to fifty times that. */
  delayMs(meanMs: number): number {
    const long = this.chance(0.02) ? 10 : 1;
    return Math.ceil(-Math.log(1 - this.fraction() * 0.99) * meanMs * long);
  }

  /** A small fast generator with three words of state and a counter. */
  private next32(): number {
    const sum = (this.a + this.b + this.counter++) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum;
    return sum >>> 0;
  }
}

/** 32 bits that depend on each character of the text. */
export function hash32(text: string, salt: number): number {
  let hash = Math.imul(salt, 0x9e3779b1) ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 16 bytes in hex that stand for the bytes of an output. */
export function hash128(text: string): string {
  return [11, 12, 13, 14].map(salt => hash32(text, salt).toString(16).padStart(8, '0')).join('');
}
