// Waiting in tests: for a condition, with a deadline, and with words for what did not come.

import { setTimeout as delay } from 'node:timers/promises';

/** Polls until `find` gives something; fails with what is missing after `withinMs`. */
export async function eventually<Found>(what: string, find: () => Found | undefined | false | null, withinMs = 15_000): Promise<Found> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = find();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > deadline) throw new Error(`did not come within ${withinMs} ms: ${what}`);
    await delay(5);
  }
}
