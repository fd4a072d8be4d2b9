// A failure as the user reads it: which record, why, and at which line of the job. One report for a job, however many
// tasks and attempts ran into it.
//
//   logs/a.txt:1042 (byte 88211)
//     record: GET /index.html HTTP/1.1 …
//     TypeError: Cannot read properties of undefined (reading 'length')
//   job.ts:12:31
//     12 |   *map(line) { yield [line.split('"')[1].length, 1]; }
//        |                               ^
//     at countBytes (job.ts:12:31)
//   map@3, attempt 2 of worker w4k2j1x0a

import { readFileSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { type Failure, type FailureCode, failureCodes, type LastSeen, type RecordPlace } from '@sheaf/protocol';
import type { JobNote } from '@sheaf/protocol/messages';
import { cut, escaped, escapedLines } from './printable.ts';

export interface ReportOptions {
  /** File names below it are shown relative to it. */
  readonly cwd: string;
  readonly width: number;
}

/** The whole report, without a final line end. */
export function reportFailure(failure: Failure, options: ReportOptions): string {
  const place = failure.record;
  const lines = place === undefined ? [] : placeLines(place, options);
  lines.push(...indented(causeText(failure), place === undefined ? '' : '  '));
  if (failure.lastSeen !== undefined) lines.push(lastSeenText(failure.lastSeen, options));
  lines.push(...stackLines(failure, options));
  if (failure.from !== undefined) lines.push(`in ${escaped(failure.from.attempt)} on worker ${escaped(failure.from.worker)}`);
  return lines.join('\n');
}

/** What happened while the job ran, on one line: the note's words, and the record when it is about one. */
export function noteText({ text, failure }: JobNote, options: ReportOptions): string {
  const at = failure?.record?.file === undefined ? '' : ` at ${placeText(failure.record, options)}`;
  return cut(`${escaped(text.split('\n')[0] ?? '')}${at}`, options.width);
}

/** `FILE:LINE (byte OFFSET)`, as much of it as is known. */
function placeText({ file, line, offset }: RecordPlace, { cwd }: ReportOptions): string {
  const name = file === undefined ? 'a record' : escaped(shownPath(file, cwd));
  return `${name}${line === undefined ? '' : `:${line}`}${offset === undefined ? '' : ` (byte ${offset})`}`;
}

/** Where a process that could say nothing itself was at its last report. */
function lastSeenText({ records, place }: LastSeen, options: ReportOptions): string {
  const after = `after ${records} ${records === 1 ? 'record' : 'records'}`;
  if (place?.key !== undefined) return `it was last seen ${after}, at key ${escaped(place.key)}`;
  return place?.file === undefined ? `it was last seen ${after}` : `it was last seen ${after}, at ${placeText(place, options)}`;
}

function placeLines(place: RecordPlace, options: ReportOptions): string[] {
  const lines: string[] = [];
  if (place.file !== undefined) lines.push(placeText(place, options));
  if (place.key !== undefined) {
    const value = place.valueIndex === undefined ? '' : `, value ${place.valueIndex}`;
    lines.push(`key ${escaped(place.key)}${value}`);
  }
  if (place.preview !== undefined) lines.push(`  record: ${escaped(place.preview)}`);
  return lines;
}

/** Failures whose message is the user's own, or says all that the code does. */
const saysAll: ReadonlySet<FailureCode> = new Set([
  'E_USER_CODE',
  'E_BAD_KEY',
  'E_KEY_TOO_LARGE',
  'E_RECORD_TOO_LARGE',
  'E_PARTITION',
  'E_ANSWER_TOO_LARGE',
  'E_BROADCAST_TOO_LARGE',
  'E_TOO_MANY_COUNTERS',
  'E_TOO_MANY_SKIPPED',
  'E_EXIT',
  'E_OUT_OF_MEMORY',
  'E_NO_PROGRESS',
  'E_NEVER_SETTLED',
]);

/** The message; what the code says in words too, unless the message does. */
function causeText(failure: Failure): string {
  const { says } = failureCodes[failure.code];
  const message = escapedLines(failure.message);
  if (saysAll.has(failure.code)) return message;
  return message.includes(says) ? message : `${says}: ${message}`;
}

function stackLines(failure: Failure, options: ReportOptions): string[] {
  if (failure.stack === undefined || failure.stack === '') return [];
  const frames = failure.stack
    .split('\n')
    .map(frame => frame.trim())
    .filter(frame => frame !== '');
  const first = frames.map(frameOf).find(frame => frame !== null) ?? null;
  const lines: string[] = [];
  if (first !== null) {
    lines.push(`${escaped(shownPath(first.file, options.cwd))}:${first.line}:${first.column}`);
    lines.push(...sourceLines(first, options));
  }
  for (const frame of frames)
    lines.push(`  at ${escaped(frame.replace(/^at /, '').replace(options.cwd.endsWith('/') ? options.cwd : `${options.cwd}/`, ''))}`);
  return lines;
}

interface Frame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `at f (FILE:LINE:COLUMN)` or `FILE:LINE:COLUMN`; null when the frame names no place. */
function frameOf(frame: string): Frame | null {
  const match = /(?:\(|^(?:at )?)([^()]+?):(\d+):(\d+)\)?$/.exec(frame);
  if (match === null) return null;
  const [, file = '', line, column] = match;
  return { file: file.replace(/^file:\/\//, ''), line: Number(line), column: Number(column) };
}

/** The line of the user's source with a mark under the column; nothing when the file cannot be read here or has changed. */
function sourceLines({ file, line, column }: Frame, { cwd, width }: ReportOptions): string[] {
  let text: string | undefined;
  try {
    text = readFileSync(resolve(cwd, file), 'utf8').split(/\r?\n/)[line - 1];
  } catch {
    return [];
  }
  if (text === undefined || column > text.length + 1) return [];
  const number = String(line);
  const room = Math.max(20, width - number.length - 6);
  // A long line is shown from a little before the column on.
  const start = column > room ? column - Math.floor(room / 2) : 0;
  const shown = cut(escaped(text.slice(start).replaceAll('\t', ' ')), room);
  return [`  ${number} | ${shown}`, `  ${' '.repeat(number.length)} | ${' '.repeat(Math.max(0, column - 1 - start))}^`];
}

/** Relative to the working directory when it lies below it. */
export function shownPath(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path;
  const below = relative(cwd, path);
  return below === '' || below.startsWith('..') ? path : below;
}

function indented(text: string, indent: string): string[] {
  return text.split('\n').map(line => indent + line);
}
