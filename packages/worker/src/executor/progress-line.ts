// A line on the progress pipe, as an executor writes it and its worker reads it: how far the attempt is, at which record, and in
// the very last one, where the job's code ended the process. JSON in ASCII, as the reader may get a line in pieces, and never
// longer than what a pipe takes as a whole. User code can write to the pipe what it likes: what is no such line is not read.

import { type AttemptId, isAttemptId, limits, type RecordPlace } from '@sheaf/protocol';

export interface ProgressLine {
  readonly attempt: AttemptId;
  /** Finished ones. */
  readonly records: number;
  readonly bytes: number;
  /** The record that the attempt is at. */
  readonly place?: RecordPlace;
  /** The process ends, by what its job did here: the frames of the user's sources, '' when none is known. */
  readonly exit?: string;
}

/** The line, with its end; without the least needful when it would be too long. */
export function progressText(line: ProgressLine): string {
  const { place, exit, ...counts } = line;
  const { preview: _, ...briefPlace } = place ?? {};
  const brief = { ...counts, ...(place === undefined ? {} : { place: briefPlace }) };
  const forms = [line, { ...brief, ...(exit === undefined ? {} : { exit }) }, { ...brief, ...(exit === undefined ? {} : { exit: '' }) }];
  const texts = forms.map(form => `${ascii(JSON.stringify(form))}\n`);
  return texts.find(text => text.length <= limits.progressLineBytesMax) ?? `${JSON.stringify(counts)}\n`;
}

/** null when it is no line of progress. */
export function readProgressLine(text: string): ProgressLine | null {
  let line: { readonly [name: string]: unknown } | null;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof line !== 'object' || line === null) return null;
  const { attempt, records, bytes, place, exit } = line;
  if (!isAttemptId(attempt) || !isWhole(records) || !isWhole(bytes)) return null;
  return {
    ...{ attempt, records, bytes },
    ...(typeof place === 'object' && place !== null ? { place: readPlace(place as { readonly [name: string]: unknown }) } : {}),
    ...(typeof exit === 'string' ? { exit } : {}),
  };
}

function readPlace({ file, offset, preview, key, valueIndex }: { readonly [name: string]: unknown }): RecordPlace {
  return {
    ...(typeof file === 'string' ? { file: cut(file) } : {}),
    ...(isWhole(offset) ? { offset } : {}),
    ...(typeof preview === 'string' ? { preview: cut(preview) } : {}),
    ...(typeof key === 'string' ? { key: cut(key) } : {}),
    ...(isWhole(valueIndex) ? { valueIndex } : {}),
  };
}

function cut(text: string): string {
  return text.slice(0, limits.failureMessageCharsMax);
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
