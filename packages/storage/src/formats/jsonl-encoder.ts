// JSON lines: one JSON value a line; a pair is [key,value] like any array.

import { BadOutputRecord, type Encoder } from './encoder.ts';
import { jsonText } from './json-text.ts';

/** An encoder of JSON lines. */
export function jsonlEncoder(): Encoder {
  return {
    extension: '.jsonl',
    begin: () => {},
    write: (record, sink) => {
      if (record === undefined) throw new BadOutputRecord('the record is undefined, which JSON cannot hold');
      sink.text(`${jsonText(record)}\n`);
    },
  };
}
