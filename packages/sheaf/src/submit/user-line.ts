// Which line of the user's an error in a bundled job comes from, and where a function of the job is written.
// A frame names the bundle, or already the user's file where Node maps stacks itself (`--enable-source-maps`, a debugger).

import { pathToFileURL } from 'node:url';
import { LEAST_UPPER_BOUND, originalPositionFor } from '@jridgewell/trace-mapping';
import { shownPath } from './bundle-errors.ts';
import type { JobBundle } from './job-bundle.ts';
import { type OwnSources, ownMapOf, ownSourcesOf } from './own-mappings.ts';

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
  return lineOf(error, module.path, ownSourcesOf(ownMapOf(module.sourceMap)));
}

export interface UserPlaces {
  ofError(error: unknown): string | null;
  /** By its text; null for a text that the bundle has more than once. */
  ofFunction(written: { toString(): string }): string | null;
}

interface BundledModule {
  readonly path: string;
  readonly bundle: Pick<JobBundle, 'code' | 'sha256' | 'ownMap' | 'sourceMapSha256'>;
}

/** Of the module that was asked for last: a program that runs its job again asks again. */
let last: { readonly key: string; readonly places: UserPlaces } | null = null;

/** Looks up many places of one module. */
export function userPlaces(module: BundledModule): UserPlaces {
  const { path, bundle } = module;
  // Places are told relative to the working directory.
  const key = JSON.stringify([path, bundle.sha256, bundle.sourceMapSha256, process.cwd()]);
  if (last?.key !== key) last = { key, places: placesOf(module) };
  return last.places;
}

function placesOf({ path, bundle }: BundledModule): UserPlaces {
  const sources = ownSourcesOf(bundle.ownMap);
  const code = new TextDecoder().decode(bundle.code);
  const found = new Map<string, string>();
  const placeOf = (text: string): string | null => {
    const at = code.indexOf(text);
    if (at < 0 || code.indexOf(text, at + 1) >= 0) return null;
    const line = code.slice(0, at).split('\n').length;
    const column = at - (code.lastIndexOf('\n', at - 1) + 1);
    // An entry that begins before the text is of what stands in front of the function.
    return ownLine(sources, originalPositionFor(sources.map, { line, column, bias: LEAST_UPPER_BOUND }));
  };
  return {
    ofError: error => lineOf(error, path, sources),
    ofFunction: written => {
      const text = written.toString();
      const place = found.get(text);
      if (place !== undefined) return place;
      // Only texts of the bundle are remembered, which it bounds.
      const looked = placeOf(text);
      if (looked !== null) found.set(text, looked);
      return looked;
    },
  };
}

function ownLine({ own }: OwnSources, { source, line, column }: ReturnType<typeof originalPositionFor>): string | null {
  return source !== null && own.includes(source) ? `${shownPath(source)}:${line}:${column + 1}` : null;
}

function lineOf(error: unknown, path: string, sources: OwnSources): string | null {
  for (const frame of stacksOf(error).flatMap(stack => stack.split('\n'))) {
    const bundled = placeIn(frame, path);
    const line = bundled === null ? null : ownLine(sources, originalPositionFor(sources.map, { ...bundled, column: bundled.column - 1 }));
    if (line !== null) return line;
    for (const file of sources.own) {
      const place = placeIn(frame, file);
      if (place !== null) return `${shownPath(file)}:${place.line}:${place.column}`;
    }
  }
  return null;
}

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
