// The frames of an error that lie in the user's sources: taken from the bundle's frames by its source map. Looked up only when
// a failure is reported, as mapping every stack would make throwing several times dearer.

import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const framesMax = 20;

/** Lines `at FUNCTION (FILE:LINE:COLUMN)` of the user's files, innermost first; '' when no frame is of the bundle. */
export function userStack(error: Error, bundlePath: string): string {
  if (bundlePath === '' || typeof error.stack !== 'string') return '';
  const url = pathToFileURL(bundlePath).href;
  const frames: string[] = [];
  let map: SourceMap | null | undefined;
  for (const line of error.stack.split('\n')) {
    const at = line.includes(url) ? line.indexOf(url) + url.length : line.indexOf(bundlePath) + bundlePath.length;
    if (!line.includes(bundlePath) && !line.includes(url)) continue;
    const [, row, column] = /^:(\d+):(\d+)/.exec(line.slice(at)) ?? [];
    if (row === undefined || column === undefined) continue;
    map ??= sourceMapOf(bundlePath);
    const frame = frameOf(map, { line, row: Number(row), column: Number(column), bundlePath });
    if (frame !== null) frames.push(frame);
    if (frames.length === framesMax) break;
  }
  return frames.join('\n');
}

/**
 * Whether an error arose in code of ours: it has frames, and besides Node's own they are not the job's. What has no frames was
 * rejected by something asynchronous that the job waited for.
 */
export function isOurs(error: Error, bundlePath: string): boolean {
  if (bundlePath === '' || typeof error.stack !== 'string') return false;
  const url = pathToFileURL(bundlePath).href;
  const frames = error.stack.split('\n').filter(line => /^\s+at /.test(line) && !/[( ](?:node:|<anonymous>)/.test(line));
  return frames.length > 0 && !frames.some(line => line.includes(bundlePath) || line.includes(url));
}

interface BundleFrame {
  readonly line: string;
  readonly row: number;
  readonly column: number;
  readonly bundlePath: string;
}

function frameOf(map: SourceMap | null, frame: BundleFrame): string | null {
  const name = /^\s*at (?:async )?(.+?) \(/.exec(frame.line)?.[1];
  const found = map?.findEntry(frame.row - 1, frame.column - 1);
  if (found === undefined || !('originalSource' in found))
    return `at ${name ?? 'the job'} (${frame.bundlePath}:${frame.row}:${frame.column})`;
  return frameText(name, found);
}

/** A place in the sources as a frame; null when it is not the user's: the planning code travels in the bundle too. */
export function frameText(name: string | undefined, { originalSource, originalLine, originalColumn }: SourceMapping): string | null {
  const file = originalSource.startsWith('file:') ? fileURLToPath(originalSource) : originalSource;
  if (isOwnSource(file)) return null;
  const place = `${file}:${originalLine + 1}:${originalColumn + 1}`;
  return name === undefined ? `at ${place}` : `at ${name} (${place})`;
}

/** Sheaf's own modules inside a bundle: the sources of a clone, the bundle of a clone, or the published package. */
function isOwnSource(file: string): boolean {
  return /[\\/]packages[\\/](?:job|protocol|sheaf)[\\/]src[\\/]|[\\/]node_modules[\\/](?:\.cache[\\/])?sheaf[\\/]/.test(file);
}

const maps = new Map<string, SourceMap | null>();

/** The source map beside a bundle; null when it cannot be read. */
export function sourceMapOf(bundlePath: string): SourceMap | null {
  let map = maps.get(bundlePath);
  if (map !== undefined) return map;
  try {
    map = new SourceMap(JSON.parse(readFileSync(`${bundlePath}.map`, 'utf8')));
  } catch {
    map = null;
  }
  maps.set(bundlePath, map);
  return map;
}
