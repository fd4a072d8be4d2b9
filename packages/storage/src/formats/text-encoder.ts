// Text sinks: a string is written as it is, a pair as key TAB value. Inside a pair tab, newline and backslash of a string
// are written \t, \n and \\, so that a line has one pair; JSON text spells them so by itself.

import { BadOutputRecord, type ByteSink, type Encoder } from './encoder.ts';
import { jsonText } from './json-text.ts';

/** An encoder of lines of text. */
export function textEncoder(): Encoder {
  return {
    extension: '.txt',
    begin: () => {},
    write: (record, sink) => {
      if (typeof record === 'string') sink.text(`${checked(record)}\n`);
      else if (Array.isArray(record) && record.length === 2) writePair(record[0], record[1], sink);
      else throw new BadOutputRecord('to.text writes a string or a pair [key, value]; use to.jsonl for other records');
    },
  };
}

function writePair(key: unknown, value: unknown, sink: ByteSink): void {
  sink.text(`${field(key)}\t${field(value)}\n`);
}

function field(value: unknown): string {
  // As JSON spells it, too.
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value !== 'string') return value === undefined ? 'null' : jsonText(value);
  const text = checked(value);
  return /[\t\n\\]/.test(text) ? text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n') : text;
}

/** A string that has UTF-8 bytes. */
export function checked(text: string): string {
  if (!(text as string & WellFormed).isWellFormed()) throw new BadOutputRecord('a string with a lone surrogate has no UTF-8 bytes');
  return text;
}

/** In Node 20, not yet in the library ES2023. */
interface WellFormed {
  isWellFormed(): boolean;
}
