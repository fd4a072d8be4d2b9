// Which bytes of a run file hold the partitions that somebody reads: its stretches, as the footer names them. Header, footer
// and trailer are no part of them; every reader needs those too.

import { CorruptRun, type RunFooter, runHeaderBytes } from './run-format.ts';

/** Bytes [from, to) of a file. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** The partitions [from, to) of a run. */
export interface PartitionRange {
  readonly from: number;
  readonly to: number;
}

/** The stretches of these partitions, in file order. Throws CorruptRun for a stretch that lies outside `run`'s records. */
export function rangesOf(
  run: { readonly path: string; readonly footerOffset: number; readonly footer: RunFooter },
  partitions: PartitionRange,
): ByteRange[] {
  const ranges: ByteRange[] = [];
  for (const { partition, offset, storedBytes } of run.footer.stretches) {
    if (partition < partitions.from || partition >= partitions.to) continue;
    const to = offset + storedBytes;
    if (!(offset >= runHeaderBytes && storedBytes >= 0 && to <= run.footerOffset)) {
      throw new CorruptRun(run.path, 'a stretch lies outside the records');
    }
    ranges.push({ from: offset, to });
  }
  return ranges.sort((a, b) => a.from - b.from);
}
