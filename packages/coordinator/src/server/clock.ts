// The coordinator's only clock: milliseconds since 1970 that never go back, so that nothing is decided by a clock that someone sets.

const startedAtMs = Date.now() - performance.now();

/** Wall time at the start of this process and monotonic time since. */
export function now(): number {
  return Math.round(startedAtMs + performance.now());
}
