// A receive whose records are string keys without values, written as lines of text: the bytes go from the merge to the part
// without ever becoming a string. The tail of a sort of lines.

import type { Edge } from '@sheaf/protocol/graph';
import { decodeKey } from '../../data/key-codec.ts';
import type { InputCounts, TaskRun } from '../run-task.ts';
import type { OpenMerge } from '../shuffle/merge-sources.ts';
import type { StepChain } from '../steps/step-chain.ts';
import { PartWriter } from './part-writer.ts';

const stringTag = 0x50;
const escapeByte = 0x01;

interface Receiving {
  readonly receive: number;
  readonly edges: readonly Extract<Edge, { readonly type: 'shuffle' }>[];
  readonly open: OpenMerge;
}

/** null: the stage is of another shape. */
export function writeTextKeys(run: TaskRun, chain: StepChain, { receive, edges, open }: Receiving): InputCounts | null {
  const [taker, ...others] = chain.takersOf(receive).map(at => run.stage.steps[at]);
  const [edge, ...sides] = edges;
  if (taker?.type !== 'write' || others.length > 0 || sides.length > 0 || edge === undefined) return null;
  const { key, group, value, combine } = edge.shuffle;
  const output = run.job.graph.outputs[taker.output];
  const lines = output?.type === 'files' && output.format === 'text';
  const part = run.partWriter(taker.output);
  if (
    !lines ||
    !(part instanceof PartWriter) ||
    value.type !== 'none' ||
    combine !== null ||
    key.length !== 1 ||
    group !== 1 ||
    key[0]?.desc === true
  )
    return null;
  const { bytes } = run.job.memory;
  const { tree } = open;
  const { progress } = run;
  while (tree.next()) {
    const { keyAt, keyLength } = tree.cursor;
    progress.bytes += keyLength;
    if (bytes[keyAt] === stringTag && !isEscaped(bytes, keyAt + 1, keyAt + keyLength - 1)) {
      part.writeLine(bytes, keyAt + 1, keyAt + keyLength - 1);
    } else {
      part.write(decodeKey(bytes, keyAt));
    }
    progress.tick();
  }
  return { records: progress.records, bytes: progress.bytes, groups: progress.records, invalidUtf8: 0 };
}

function isEscaped(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] === escapeByte) return true;
  return false;
}
