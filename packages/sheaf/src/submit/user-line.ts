// Which line of the user's an error in a bundled job comes from.

import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { shownPath } from './bundle-errors.ts';

interface Module {
  /** Absolute path of the bundle as it was imported. */
  readonly path: string;
  readonly sourceMap: Uint8Array;
}

/** `job.ts:12:31`, the innermost line of the error, or of what caused it, that is the user's own; null when there is none. */
export function userLineOf(error: unknown, module: Module): string | null {
  const frames = stacksOf(error).flatMap(stack => framesIn(stack, module.path));
  if (frames.length === 0) return null;
  const map = new TraceMap(new TextDecoder().decode(module.sourceMap));
  const ignored = new Set((map.ignoreList ?? []).map(at => map.sources[at]));
  for (const frame of frames) {
    const { source, line, column } = originalPositionFor(map, frame);
    if (source !== null && !ignored.has(source)) return `${shownPath(source)}:${line}:${column + 1}`;
  }
  return null;
}

/** The deepest cause first: it was thrown where the mistake is. */
function stacksOf(error: unknown): readonly string[] {
  const stacks: string[] = [];
  for (let at = error; at instanceof Error && stacks.length < 10; at = at.cause) stacks.unshift(at.stack ?? '');
  return stacks;
}

function framesIn(stack: string, path: string): readonly { readonly line: number; readonly column: number }[] {
  return stack.split('\n').flatMap(frame => {
    const at = frame.indexOf(path);
    const [, line, column] = /^:(\d+):(\d+)/.exec(at < 0 ? '' : frame.slice(at + path.length)) ?? [];
    return line === undefined ? [] : [{ line: Number(line), column: Number(column) - 1 }];
  });
}
