// The door of a job file: what `import … from 'sheaf'` gives. Every name here is a promise.

export type { Columns, ColumnTypes, Row } from './columns.ts';
export type { OnError } from './compile/on-error.ts';
export type { TaskContext } from './context.ts';
export type { JobFiles } from './files.ts';
export type { Fold } from './folds.ts';
export { max, min, sum } from './folds.ts';
export type { Order, Select } from './inference.ts';
export type { Key, Pair } from './keys.ts';
export { pair } from './keys.ts';
export type { Emit, Inferred, Job, MapReduce, Settings } from './map-reduce.ts';
export { mapReduce } from './map-reduce.ts';
export type { Aggregate, Aggregates } from './pipeline/aggregates.ts';
export { agg } from './pipeline/aggregates.ts';
export type { Answer, Answers, Broadcast, Collection, Flow, JoinOptions, Keyed, PartitionBy, WriteOptions } from './pipeline/collection.ts';
export type { PlannedJob } from './pipeline/define-job.ts';
export { defineJob } from './pipeline/define-job.ts';
export type { Histogram, HistogramBins } from './pipeline/sketches.ts';
export type { Schema } from './schema.ts';
export type { CsvSinkOptions, Sink, SinkOptions, Sinks } from './sinks.ts';
export { to } from './sinks.ts';
export type { CsvOptions, InputFile, Source, Sources, TextSource } from './sources.ts';
export { from } from './sources.ts';
