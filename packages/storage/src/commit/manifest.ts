// `_SUCCESS`: the last file of an output, which says what the others are. Its own check is the sha256 of all its other fields,
// so that a flipped bit in it is found too.

import { createHash } from 'node:crypto';
import type { JobId } from '@sheaf/protocol';
import { canonical } from '@sheaf/protocol/graph';

export const manifestName = '_SUCCESS';

export interface ManifestPart {
  /** Path in the output: `part-00000.csv`, `day=2025-01-01/part-00000.csv`. */
  readonly name: string;
  readonly bytes: number;
  readonly records: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly version: 1;
  readonly job: JobId;
  /** The job's name. */
  readonly name: string;
  readonly parts: readonly ManifestPart[];
  readonly totals: { readonly parts: number; readonly bytes: number; readonly records: number };
  readonly counters: { readonly [name: string]: number };
}

/** The text of `_SUCCESS`. */
export function writeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ ...manifest, check: checkOf(manifest) }, null, 2)}\n`;
}

/** Reads the text of `_SUCCESS`; null when it is none, or damaged. */
export function readManifest(text: string): Manifest | null {
  try {
    const { check, ...manifest } = JSON.parse(text) as Manifest & { check: string };
    return manifest.version === 1 && check === checkOf(manifest) ? manifest : null;
  } catch {
    return null;
  }
}

/** Part i of an output. */
export function partName(index: number, extension: string): string {
  return `part-${String(index).padStart(5, '0')}${extension}`;
}

function checkOf(manifest: Manifest): string {
  return createHash('sha256').update(canonical(manifest)).digest('hex');
}
