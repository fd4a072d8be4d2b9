// A receive whose records are strings, written as lines of text: the bytes go from the merge to the part without ever becoming a
// string. The tail of a sort of lines. The strings are the keys of an edge without values, or the values of one that sends records.

import type { Edge } from '@sheaf/protocol/graph';
import { decodeGroup } from '../../data/group-key.ts';
import { decodeKey } from '../../data/key-codec.ts';
import { decodeValue } from '../../data/value-codec.ts';
import { type MergeMode, mergeModes, mergeReasons } from '../../kernels/record-kernel.ts';
import { keyText } from '../failure/key-text.ts';
import type { InputCounts } from '../input/input-counts.ts';
import type { MergeMemory, OpenMerge } from '../shuffle/merge-sources.ts';
import type { StepChain } from '../steps/step-chain.ts';
import type { TaskParts } from '../task-parts.ts';
import { PartWriter } from './part-writer.ts';

type ShuffleEdge = Extract<Edge, { readonly type: 'shuffle' }>;

interface Receiving {
  readonly receive: number;
  /** One for each side. */
  readonly sides: readonly ShuffleEdge[];
  readonly open: OpenMerge;
  readonly memory: MergeMemory;
}

/** The kernel may write so many bytes more than it says. */
const overshoot = 16;

/** null: the stage is of another shape. */
export function writeTextLines(run: TaskParts, chain: StepChain, { receive, sides, open, memory }: Receiving): InputCounts | null {
  const [taker, ...others] = chain.takersOf(receive).map(at => run.stage.steps[at]);
  const [edge, ...more] = sides;
  if (taker?.type !== 'write' || others.length > 0 || edge === undefined || more.length > 0 || run.skipping !== null) return null;
  const output = run.job.graph.outputs[taker.output];
  const mode = modeOf(edge);
  if (output?.type !== 'files' || output.format !== 'text' || output.folders === true || mode === null) return null;
  const part = run.partWriter(taker.output);
  if (!(part instanceof PartWriter)) return null;
  const { progress } = run;
  const { bytes } = run.job.memory;
  const { from, to } = memory.blocks;
  const merge = open.bulk();
  const { key, group } = edge.shuffle;
  const parts = { descending: key.map(({ desc }) => desc), group };
  for (;;) {
    const reason = merge.fill(mode, from, to - overshoot);
    part.writeLines(bytes, { from, to: merge.end, count: merge.records });
    progress.bytes = merge.bytes;
    progress.passed(merge.records);
    if (reason === mergeReasons.allDone) break;
    // What has no room in all of the block memory, too.
    if (reason === mergeReasons.isOther || merge.records === 0) {
      const cursor = merge.current();
      run.describe = () => ({ key: keyText(decodeGroup(bytes, cursor.keyAt, parts)), valueIndex: 0 });
      const valueAt = cursor.value(memory.large);
      part.write(mode === mergeModes.textKeys ? decodeKey(bytes, cursor.keyAt) : decodeValue(bytes, valueAt, valueAt + cursor.valueLength));
      merge.take();
      progress.passed(1);
    }
  }
  return { records: progress.records, bytes: progress.bytes, groups: progress.records, invalidUtf8: 0 };
}

function modeOf({ shuffle: { key, group, value, combine } }: ShuffleEdge): MergeMode | null {
  if (combine !== null) return null;
  if (value.type === 'record') return mergeModes.textValues;
  return value.type === 'none' && key.length === 1 && group === 1 && key[0]?.desc === false ? mergeModes.textKeys : null;
}
