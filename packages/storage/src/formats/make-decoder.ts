// The decoder of a format, by the format's name in the stage graph.

import { UsageError } from '@sheaf/protocol';
import type { Format } from '@sheaf/protocol/graph';
import { readHead } from '../files/byte-source.ts';
import { csvDecoder } from './csv.ts';
import type { Decoder, Refused } from './decoder.ts';
import { fileDecoder } from './file.ts';
import { jsonlDecoder } from './jsonl.ts';
import { textDecoder } from './text.ts';
import type { Validate } from './validate.ts';

export interface DecoderOptions {
  /** The schema of the input: takes a raw record, gives the validated one or throws. */
  readonly validate?: Validate;
  readonly recordBytesMax: number;
  /** Bad records are told to it and left out. Thrown all the same is what makes the rest of a file unreadable. */
  readonly refused?: Refused;
}

/** Makes the decoder that an executor shows its windows to. Throws UsageError for a format that is not there. */
export function makeDecoder(format: Format, options: DecoderOptions): Decoder {
  const validate = options.validate ?? null;
  const { recordBytesMax, refused = null } = options;
  switch (format.type) {
    case 'csv':
      return csvDecoder({ format, validate, recordBytesMax, refused, readHead });
    case 'jsonl':
      return jsonlDecoder({ columns: format.columns, validate, recordBytesMax, refused });
    case 'file':
      return fileDecoder({ recordBytesMax });
    case 'text':
      return textDecoder(format, recordBytesMax);
    case 'other':
      throw new UsageError(`the format ${format.name} is not known`);
  }
}
