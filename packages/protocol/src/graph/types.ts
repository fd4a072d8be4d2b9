// The stage graph: what both front ends compile to, and all that the coordinator knows of a job.
// Plain data: only strings, finite numbers, booleans, null, arrays and plain objects. What must stay true is in check.ts:
//   ids are array indexes; every edge leads from a lower to a higher stage; every step reads only lower steps;
//   the scheduler reads `tasks`, `outputs`, `resources` and an edge's from/to/type, and never a step; its one rule:
//   a task may run when every `from` of the edges into its stage has committed (prefetching is the worker's affair);
//   user code appears only as FunctionRef; nothing here depends on cluster, clock, file listing or machine;
//   canonical(graph) is equal at the submitter and in every executor, or the executor refuses the task;
//   edges that carry the same, which follows from the graph (shared-runs.ts), are written as one run.
// New kinds are added to a union with a new `version`; fields are never reinterpreted.

import type { EdgeId, OutputId, StageId, StepId } from '../ids.ts';

export interface StageGraph {
  readonly version: 1;
  readonly job: string;
  readonly stages: readonly Stage[];
  readonly edges: readonly Edge[];
  readonly outputs: readonly Output[];
  readonly settings: Settings;
  /**
   * Records of the input that are bad: skipped, and written as dead letters to an output that no step writes. Counted over committed
   * attempts only. null: the first one fails the job.
   */
  readonly onError: { readonly maxCount: number | null; readonly maxRatio: number | null; readonly deadLetter: OutputId } | null;
}

/** What output bytes may depend on, beside input and code: part of the hash. */
export interface Settings {
  /** Fixed memory of a task: arenas, tables, block buffers. Default 64. */
  readonly memoryMb: number;
  /** Heap for user code. Default 256. */
  readonly heapMb: number;
  /** The largest split. Default 64. */
  readonly splitMb: number;
  /** Failures of its own after which a task fails for good. Default 4. */
  readonly attempts: number;
  /** The job itself set `attempts`: two equal failures of a task then do not end it early. Absent: it did not. */
  readonly attemptsGiven?: true;
  /** Time without a finished record after which an attempt is given up. Default 600 000. */
  readonly taskTimeoutMs: number;
  /** Attempts that may be lost to infrastructure. Default 20. */
  readonly infrastructureAttempts: number;
}

export const defaultSettings: Settings = {
  memoryMb: 64,
  heapMb: 256,
  splitMb: 64,
  attempts: 4,
  taskTimeoutMs: 600_000,
  infrastructureAttempts: 20,
};

// ---------------------------------------------------------------------------------- what the scheduler sees

export interface Stage {
  /** Unique in the job. */
  readonly name: string;
  readonly tasks: Tasks;
  /** Committed with this stage's tasks; the first committed attempt wins. */
  readonly outputs: readonly OutputId[];
  readonly resources?: { readonly memoryMb?: number; readonly slots?: number; readonly labels?: readonly string[] };
  /** Once per attempt; the state that setup returns reaches every call of the stage. */
  readonly setup?: FunctionRef;
  readonly teardown?: FunctionRef;
  /** The executor's program; opaque to the coordinator. */
  readonly steps: readonly Step[];
}

export type Tasks =
  /** One task per split, in input order; planned from the file listing. */
  | { readonly type: 'splits'; readonly inputs: readonly Input[] }
  /** One per partition; all shuffle edges into the stage share it. */
  | { readonly type: 'partitions'; readonly count: Count };

/**
 * Auto counts depend on bytes and settings only. `source` is known at plan time: hash producers need it while they write.
 * `edges`, for range edges only, when every shuffle producer has committed; the number then reaches the stage of
 * `splitters` with its assignment.
 */
export type Count =
  | { readonly type: 'fixed'; readonly count: number }
  | {
      readonly type: 'auto';
      readonly of: 'source' | 'edges';
      readonly bytesPerTask: number;
      readonly min: number;
      readonly max: number;
      /**
       * Of source, and hash edges, only: the number is that of the partitions, and a task reads neighbours of up to so many raw
       * bytes together, as they are measured when every shuffle producer has committed. Absent: each partition has its task.
       */
      readonly coalesceBytes?: number;
    };

interface EdgeBase {
  readonly from: StageId;
  readonly to: StageId;
}
export type Edge =
  /** Task t reads the partitions [a, b), or key range, that its assignment names: [t, t + 1) unless coalesced or split. */
  | (EdgeBase & { readonly type: 'shuffle'; readonly shuffle: Shuffle })
  /** Everything of `from` to every task. */
  | (EdgeBase & { readonly type: 'broadcast' });

// ---------------------------------------------------------------------------------- the data plane's part of an edge

export interface Shuffle {
  /** Key bytes are the parts in order, each order-preserving, inverted when desc: memcmp is the only comparison anywhere. */
  readonly key: readonly KeyPart[];
  /** The first `group` parts are the group (hash, equality); the parts after them only order values: sortValuesBy is an extra part. */
  readonly group: number;
  readonly value: Select;
  /**
   * Folds records whose whole key (group and order parts) is equal, while mapping and in the final merge; `receive` then
   * delivers one record per whole key and side, and a `fold` or `group` step merges what is left.
   */
  readonly combine: Fold | null;
  readonly partitioner: Partitioner;
}

export interface KeyPart {
  readonly select: Select;
  readonly desc: boolean;
}

export type Partitioner =
  /** Of the group's bytes. */
  | { readonly type: 'hash' }
  /** partition(key, n), result checked. */
  | { readonly type: 'function'; readonly function: FunctionRef }
  /**
   * Runs are sorted by key only; the READER takes its key range out of each run's block index, using splitters
   * that arrive over a broadcast edge. No sampling pass over the input, exact quantiles, one mechanism for any producer.
   */
  | { readonly type: 'range'; readonly splitters: EdgeId };

// ---------------------------------------------------------------------------------- user code and built-ins

export type Role =
  | 'map'
  | 'flatMap'
  | 'mapEmit'
  | 'filter'
  | 'mapBatch'
  | 'key'
  | 'value'
  | 'fold'
  | 'group'
  | 'partition'
  | 'schema'
  | 'items'
  | 'broadcast'
  | 'setup'
  | 'teardown'
  | 'end';

/**
 * Found by running plan() again: the index-th function that plan() handed over; one that it hands over again keeps its index.
 * `code` is a hash of its source text, so that a plan which hands its functions over in another order is refused, not run.
 * (Captured values are the user's promise.)
 */
export interface FunctionRef {
  readonly role: Role;
  readonly index: number;
  readonly code: string;
}

/** How to get a part of a record. All but `function` work on bytes. */
export type Select =
  | { readonly type: 'record' }
  /** `said`: the function that no more than names the column, for failures; it is never called. */
  | { readonly type: 'column'; readonly name: string; readonly said?: FunctionRef }
  | { readonly type: 'item'; readonly index: number }
  | { readonly type: 'constant'; readonly value: string | number | boolean | null }
  | { readonly type: 'none' }
  | { readonly type: 'function'; readonly function: FunctionRef };

export type Fold =
  | { readonly type: 'function'; readonly function: FunctionRef }
  | { readonly type: 'built-in'; readonly name: 'sum' | 'min' | 'max' | 'count' }
  | { readonly type: 'columns'; readonly columns: readonly FoldedColumn[] };

/** A number of each record, by a name of the result; a count looks at none. */
export interface FoldedColumn {
  readonly name: string;
  readonly fold: 'sum' | 'min' | 'max' | 'count' | 'mean' | 'variance';
  readonly of: Select;
}

// ---------------------------------------------------------------------------------- sources and sinks

export type ColumnType = 'text' | 'number' | 'integer' | 'bigint' | 'boolean' | 'date' | 'bytes';
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly optional: boolean;
}

export interface Options {
  readonly [name: string]: string | number | boolean;
}

export type Format =
  | {
      readonly type: 'text';
      readonly unit: 'line' | 'word' | 'fields';
      readonly separator?: string;
      readonly matching?: { readonly source: string; readonly flags: string };
    }
  | {
      readonly type: 'csv';
      readonly separator: string;
      /** true: each file's first row names the columns; a list: the files have none, these are the names; false: columns are by position. */
      readonly header: boolean | readonly string[];
      readonly multiline: boolean;
      /** Large files are cut all the same: a stage scans their quotes first, and the `read` has it as `starts`. */
      readonly scanned?: true;
      readonly columns: readonly Column[] | null;
    }
  | { readonly type: 'jsonl'; readonly columns: readonly Column[] | null }
  | { readonly type: 'file' }
  /** parquet, avro, fixed … */
  | { readonly type: 'other'; readonly name: string; readonly options: Options };

export type Input =
  | { readonly type: 'files'; readonly paths: readonly string[]; readonly format: Format; readonly schema: FunctionRef | null }
  /** `perTask`: items in a task; null: one up to 1,000 items, then even packs. */
  | { readonly type: 'items'; readonly items: FunctionRef; readonly perTask: number | null };

export type Output =
  | {
      readonly type: 'files';
      readonly folder: string;
      readonly format: 'text' | 'jsonl' | 'csv' | 'other';
      readonly options: OutputOptions;
      /** Parts lie in folders of their own, as many as the records ask for. Absent: each task writes one part. */
      readonly folders?: true;
    }
  /** Given to the client with the last status, from one task; refused when larger. Answers stand behind all files. */
  | { readonly type: 'answer'; readonly name: string; readonly gives: 'records' | 'number'; readonly bytesMax: number };

/** `columns` of csv is a list; everything else is a plain value. */
export interface OutputOptions {
  readonly [name: string]: string | number | boolean | readonly string[];
}

// ---------------------------------------------------------------------------------- a stage's program: a DAG of steps, fused by the executor

export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'cogroup';
export type LookupKind = 'inner' | 'left' | 'semi' | 'anti';

interface From {
  readonly from: StepId;
}
export type Step =
  /**
   * Tasks.inputs[input]; starts: each split's first state, from a scan stage (csv). `scans`: gives what the quotes of each piece do, in
   * place of its records.
   */
  | { readonly type: 'read'; readonly input: number; readonly starts?: EdgeId; readonly scans?: true }
  /**
   * Merged by group ∥ side ∥ other parts ∥ edge ∥ task ∥ record; edges[i] is of side sides[i]. Without `sides` each edge is a
   * side of its own; the edges of a union that is joined share one.
   */
  | { readonly type: 'receive'; readonly edges: readonly EdgeId[]; readonly sides?: readonly number[] }
  /** A broadcast: a table by key, or (null) a list; `give` hands the list to the plan's functions. */
  | { readonly type: 'load'; readonly edge: EdgeId; readonly key: Select | null; readonly give?: FunctionRef }
  /**
   * map, flatMap, mapEmit, filter, mapBatch (`batch` records a call, `concurrency` calls at once); end: mapEnd. A partition gives
   * [the partition of the edge that its records are emitted on, record].
   */
  | (From & {
      readonly type: 'call';
      readonly function: FunctionRef;
      readonly batch?: number;
      readonly concurrency?: number;
      readonly end?: FunctionRef;
    })
  /** Lines through an external program, one for each task. */
  | (From & { readonly type: 'pipe'; readonly command: readonly string[] })
  /** entries(), rows(): no user code. */
  | (From & { readonly type: 'shape'; readonly fields: readonly { readonly name: string; readonly of: Select }[] })
  /** One record per group: [key, folded]. */
  | (From & { readonly type: 'fold'; readonly fold: Fold })
  /** reduce(key, values), streamed; end: reduceEnd. */
  | (From & { readonly type: 'group'; readonly function: FunctionRef; readonly end?: FunctionRef })
  /**
   * Of a receive with two sides: left and right; for semi and anti right and left, which streams past. `function`, of a
   * cogroup, takes (key, left, right) as streams; without it a cogroup gives them as [key, left, right].
   */
  | (From & { readonly type: 'join'; readonly kind: JoinKind; readonly function?: FunctionRef })
  /**
   * inner and left give [key, { left: the record, right: a match }], or what `left` and `right` are of these; semi and anti the
   * record itself. `measured`: which join of the plan it is, where it is one because the other side was found small at submit.
   */
  | (From & {
      readonly type: 'lookup';
      readonly table: StepId;
      readonly key: Select;
      readonly kind: LookupKind;
      readonly left?: Select;
      readonly right?: Select;
      readonly measured?: number;
    })
  | (From & { readonly type: 'top'; readonly count: number; readonly by: readonly KeyPart[]; readonly perGroup: boolean })
  /** Quantiles of the run written to `edge`. */
  | (From & { readonly type: 'sample'; readonly edge: EdgeId; readonly to: EdgeId })
  /** Cuts samples into that stage's partitions. */
  | (From & { readonly type: 'splitters'; readonly stage: StageId })
  | (From & { readonly type: 'emit'; readonly edge: EdgeId })
  /** `folders`: takes the groups of a receive; a group's key is the folder, below the output's own, that its values are written to. */
  | (From & { readonly type: 'write'; readonly output: OutputId; readonly folders?: true });

export type { EdgeId, OutputId, StageId, StepId } from '../ids.ts';
