// The encoder of an output, by the format's name and the options in the stage graph.

import { UsageError } from '@sheaf/protocol';
import type { Output } from '@sheaf/protocol/graph';
import { csvEncoder } from './csv-encoder.ts';
import type { Encoder } from './encoder.ts';
import { jsonlEncoder } from './jsonl-encoder.ts';
import { textEncoder } from './text-encoder.ts';

export type FilesOutput = Extract<Output, { type: 'files' }>;

/** Makes the encoder of one part; another part needs another encoder. Throws UsageError for an output that is not there. */
export function makeEncoder(output: FilesOutput): Encoder {
  const { columns, separator } = output.options;
  switch (output.format) {
    case 'text':
      return textEncoder();
    case 'jsonl':
      return jsonlEncoder();
    case 'csv':
      return csvEncoder({ columns: isList(columns) ? columns : null, separator: typeof separator === 'string' ? separator : ',' });
    case 'other':
      throw new UsageError(`the output ${output.folder} has a format that is not known`);
  }
}

/** Whether parts are gzipped, `.gz` behind their extension. */
export function isGzipped(output: FilesOutput): boolean {
  return output.options.gzip === true;
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}
