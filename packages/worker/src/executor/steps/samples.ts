// Range edges: what a `sample` step sends and what a `splitters` step makes of it. The first keys of a sorted run's blocks,
// each standing for a block of bytes, are its quantiles; no record is read twice for them.

import { compareBytes } from '../../data/compare.ts';
import type { RunFooter } from '../../data/run-format.ts';

/** One sample, as it travels in a record: the beginning of a key, and the bytes it stands for. */
export interface Sample {
  readonly key: Uint8Array;
  readonly bytes: number;
}

/** Samples of one task are at most this many. */
const samplesMax = 1_000;

/** The first keys of a run's blocks, thinned evenly when there are many. */
export function samplesOf(footer: RunFooter): Sample[] {
  const { blocks, stretches } = footer;
  const bytes = stretches.reduce((sum, stretch) => sum + stretch.rawBytes, 0);
  const prefixes = blocks.sampled(samplesMax);
  return prefixes.map(key => ({ key, bytes: Math.ceil(bytes / prefixes.length) }));
}

/** partitions − 1 keys that cut the sampled bytes evenly; partition i holds the keys below splitters[i]. Equal splitters make empty partitions. */
export function splittersOf(samples: readonly Sample[], partitions: number): Uint8Array[] {
  const sorted = [...samples].sort((a, b) => compareBytes(a.key, 0, a.key.length, b.key, 0, b.key.length));
  const total = sorted.reduce((sum, sample) => sum + sample.bytes, 0);
  const splitters: Uint8Array[] = [];
  let at = 0;
  let passed = 0;
  for (let cut = 1; cut < partitions; cut++) {
    while (at < sorted.length - 1 && passed + (sorted[at] as Sample).bytes / 2 < (total * cut) / partitions) {
      passed += (sorted[at] as Sample).bytes;
      at++;
    }
    const sample = sorted[at];
    if (sample !== undefined) splitters.push(sample.key);
  }
  return splitters;
}
