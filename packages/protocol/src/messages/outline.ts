// A job's plan as people read it: what the submitter says of it beside the graph. The coordinator keeps it unread, so that
// `explain --job` can show a job without its file. Nothing here is part of a graph or of its hash: lines of the user's may change.

import type { EdgeId, StageId } from '../ids.ts';

export interface Outline {
  readonly stages: readonly OutlinedStage[];
  /** By edge id. */
  readonly edges: readonly OutlinedEdge[];
}

export interface OutlinedStage {
  readonly name: string;
  readonly operators: readonly OutlinedOperator[];
  /** The inputs that it reads, as the job names them. */
  readonly reads: readonly string[];
  /** Output folders and answers. */
  readonly writes: readonly string[];
  /** What it does with keys, where that can go wrong in a way that numbers show; null: nothing of the kind. */
  readonly keys: 'fold' | 'group' | 'join' | null;
}

export interface OutlinedOperator {
  /** As in `keyBy user`. */
  readonly text: string;
  /** Where the job says it, as in `job.ts:12:6`; null where that is not known. */
  readonly place: string | null;
  /** The next operator of the stage works on other records than this one gives: on those of an earlier one, once more. */
  readonly ends: boolean;
}

export interface OutlinedEdge {
  readonly from: StageId;
  readonly to: StageId;
  /** gather: all to one task, in input order. sample: keys, for the ranges of a sort. */
  readonly type: 'hash' | 'range' | 'function' | 'gather' | 'sample' | 'broadcast';
  /** The key in words; empty where there is none. */
  readonly key: string;
  /** By which the values of a group are sorted; empty: by nothing. */
  readonly sorted: string;
  /** The combiner in words; null: none. */
  readonly combiner: string | null;
  /** Of a join: which side it is, 0 or 1. */
  readonly side: number | null;
  /** An earlier edge that carries the same, and with which it is written. Absent: it is written by itself. */
  readonly shares?: EdgeId;
}
