// Numbers that look random and are the same on every machine and in every run, for the inputs of the examples.

export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** One of the list; those at its front far more often than those at its end, as words of a language are. */
  pick<T>(list: readonly T[]): T;
}

/** The same seed gives the same numbers. */
export function seededRandom(seed: number): Random {
  let state = seed | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    below: below => Math.floor(next() * below),
    pick: list => list[Math.floor(list.length * next() ** 3)]!,
  };
}
