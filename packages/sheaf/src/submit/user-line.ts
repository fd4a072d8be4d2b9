// Which line of the user's an error in a bundled job comes from.
// A frame names the bundle, or already the user's file where Node maps stacks itself (`--enable-source-maps`, a debugger).

import { pathToFileURL } from 'node:url';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { shownPath } from './bundle-errors.ts';

interface Module {
  /** Absolute path of the bundle as it was imported. */
  readonly path: string;
  readonly sourceMap: Uint8Array;
}

interface Place {
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** `job.ts:12:31`, the innermost line of the error, or of what caused it, that is the user's own; null when there is none. */
export function userLineOf(error: unknown, module: Module): string | null {
  const map = new TraceMap(new TextDecoder().decode(module.sourceMap));
  const ignored = new Set(map.ignoreList);
  const own = map.sources.filter((source, at): source is string => source !== null && !ignored.has(at));
  for (const frame of stacksOf(error).flatMap(stack => stack.split('\n'))) {
    const bundled = placeIn(frame, module.path);
    const { source, line, column } = bundled === null ? none : originalPositionFor(map, { ...bundled, column: bundled.column - 1 });
    if (source !== null && own.includes(source)) return `${shownPath(source)}:${line}:${column + 1}`;
    for (const file of own) {
      const place = placeIn(frame, file);
      if (place !== null) return `${shownPath(file)}:${place.line}:${place.column}`;
    }
  }
  return null;
}

const none = { source: null, line: null, column: null } as const;

/** The deepest cause first: it was thrown where the mistake is. */
function stacksOf(error: unknown): readonly string[] {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error && stacks.length < 10; at = at.cause) stacks.unshift(at.stack ?? '');
  return stacks;
}

/** Where in a file a frame of a stack is; null when it is in another file. */
function placeIn(frame: string, path: string): Place | null {
  if (!/^\s+at /.test(frame)) return null;
  for (const name of [path, pathToFileURL(path).href]) {
    const at = frame.indexOf(`${name}:`);
    const [, line, column] = /^:(\d+):(\d+)/.exec(at < 0 ? '' : frame.slice(at + name.length)) ?? [];
    if (line !== undefined) return { line: Number(line), column: Number(column) };
  }
  return null;
}
