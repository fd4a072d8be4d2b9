// What esbuild finds wrong with a job file, as one text: file:line:column, the message, the line and a mark under it.

import { dirname, isAbsolute, join, relative } from 'node:path';
import type { BuildFailure, Location, Message } from 'esbuild';

const errorsShownMax = 10;

/** The text for the user; null when the error is not about the job's files. */
export function buildErrorText(error: unknown, path: string): string | null {
  if (!isBuildFailure(error) || error.errors.length === 0) return null;
  const shown = error.errors.slice(0, errorsShownMax).map(message => messageText(message, dirname(path)));
  const more = error.errors.length - shown.length;
  return [`${shownPath(path)} cannot be bundled.`, ...shown, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

/** A path as the user sees it: relative to where he stands, if it is below. */
export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray((error as Partial<BuildFailure>).errors);
}

function messageText(message: Message, folder: string): string {
  const { location } = message;
  const [text, hint] = worded(message);
  const lines = [location === null ? text : `${placeOf(location, folder)}: ${text}`];
  if (location !== null && location.lineText !== '') lines.push(markedLine(location));
  if (hint !== null) lines.push(`  ${hint}`);
  return lines.join('\n');
}

/** esbuild's own advice is for people who write build scripts; a missing import needs another one. */
function worded(message: Message): readonly [text: string, hint: string | null] {
  const missing = /^Could not resolve "([^"]*)"$/.exec(message.text)?.[1];
  if (missing !== undefined && /^[^./]/.test(missing)) {
    const name = missing
      .split('/')
      .slice(0, missing.startsWith('@') ? 2 : 1)
      .join('/');
    return [message.text, `Install it beside the job file: npm install ${name}`];
  }
  if (message.text.startsWith('No loader is configured')) {
    return [message.text, 'A job can import TypeScript, JavaScript and JSON. Read other files in setup, or as an input.'];
  }
  return [message.text, message.notes[0]?.text ?? null];
}

function placeOf(location: Location, folder: string): string {
  const file = isAbsolute(location.file) ? location.file : join(folder, location.file);
  return `${shownPath(file)}:${location.line}:${location.column + 1}`;
}

const lineTextCharsMax = 200;

function markedLine(location: Location): string {
  const number = String(location.line);
  const text = location.lineText.slice(0, lineTextCharsMax);
  const lead = text.slice(0, location.column).replace(/[^\t]/g, ' ');
  const width = Math.max(1, Math.min(location.length, text.length - location.column));
  return `  ${number} | ${text}\n  ${' '.repeat(number.length)} | ${lead}${'^'.repeat(width)}`;
}
