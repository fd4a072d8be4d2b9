// How a check of a simulation ends that does not hold.

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`not true: ${what}`);
}
