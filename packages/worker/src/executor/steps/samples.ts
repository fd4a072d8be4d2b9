// What a `sample` step sends of a range edge's run: the first keys of its blocks, each standing for a block of bytes, are its
// quantiles; no record is read twice for them.

import type { RunFooter } from '../../data/run-format.ts';

/** One sample, as it travels in a record: the beginning of a key, and the bytes it stands for. */
export interface Sample {
  readonly key: Uint8Array;
  readonly bytes: number;
}

/** Samples of one task are at most this many. */
const samplesMax = 128;

/** The first keys of a run's blocks, thinned evenly when there are many. */
export function samplesOf(footer: RunFooter): Sample[] {
  const { blocks, stretches } = footer;
  const bytes = stretches.reduce((sum, stretch) => sum + stretch.rawBytes, 0);
  const prefixes = blocks.sampled(samplesMax);
  return prefixes.map(key => ({ key, bytes: Math.ceil(bytes / prefixes.length) }));
}
