// Which bytes of a run file hold what somebody reads of it: partitions, as stretches of the footer, or keys of a range edge, as
// blocks of its index. Header, footer and trailer are no part of them; every reader needs those too.

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

/** The keys [low, high) of a run; undefined: from the first, to the last. */
export interface KeyRange {
  readonly low: Uint8Array | undefined;
  readonly high: Uint8Array | undefined;
}

export type ReadRange = PartitionRange | KeyRange;

interface ReadRun {
  readonly path: string;
  readonly footerOffset: number;
  readonly footer: RunFooter;
}

/** The bytes that a cursor over what is read looks at, in file order. Throws CorruptRun for a stretch that lies outside the records. */
export function rangesOf(run: ReadRun, read: ReadRange): ByteRange[] {
  const ranges = 'low' in read ? rangesOfKeys(run, read) : rangesOfPartitions(run, read);
  return ranges.sort((a, b) => a.from - b.from);
}

function rangesOfPartitions(run: ReadRun, partitions: PartitionRange): ByteRange[] {
  const stretches = run.footer.stretches.filter(({ partition }) => partition >= partitions.from && partition < partitions.to);
  return stretches.map(stretch => bytesOf(run, stretch));
}

/** From the last block that begins below `low` to the first one that does not begin below `high`, which tells a cursor to stop. */
function rangesOfKeys(run: ReadRun, { low, high }: KeyRange): ByteRange[] {
  const { blocks, stretches } = run.footer;
  return stretches.map(stretch => {
    const whole = bytesOf(run, stretch);
    const from = low === undefined ? whole.from : (blocks.lastBelow(stretch.segment, low) ?? whole.from);
    const to = high === undefined ? whole.to : (blocks.endOfFirstFrom(stretch.segment, high) ?? whole.to);
    if (from < whole.from || to > whole.to) throw new CorruptRun(run.path, 'a block lies outside its stretch');
    return { from, to: Math.max(from, to) };
  });
}

function bytesOf(run: ReadRun, { offset, storedBytes }: { readonly offset: number; readonly storedBytes: number }): ByteRange {
  const to = offset + storedBytes;
  if (!(offset >= runHeaderBytes && storedBytes >= 0 && to <= run.footerOffset)) {
    throw new CorruptRun(run.path, 'a stretch lies outside the records');
  }
  return { from: offset, to };
}
