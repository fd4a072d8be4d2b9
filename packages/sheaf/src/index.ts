// The door `import … from 'sheaf'`: what a job file needs, and nothing else.

export type {
  Columns,
  ColumnTypes,
  CsvOptions,
  Emit,
  Fold,
  InputFile,
  Job,
  Key,
  MapReduce,
  Order,
  Pair,
  Row,
  Schema,
  Select,
  Settings,
  Sink,
  SinkOptions,
  Source,
  TaskContext,
  TextSource,
} from '@sheaf/job';
export { from, mapReduce, max, min, pair, sum, to } from '@sheaf/job';
