// Bugs of ours end in a throw, at once and with words; never in a Failure, which is for what the world does to us.

export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`scheduler: ${what}`);
}

/** The value, which is there unless a table of ours is wrong. */
export function found<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new Error(`scheduler: no ${what}`);
  return value;
}
