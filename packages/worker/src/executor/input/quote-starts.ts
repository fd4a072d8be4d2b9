// Where the pieces of a csv that was cut start: outside or inside quotes. One stage scans the pieces, and what it says of each reaches
// the tasks that read them as a broadcast: the starts follow from the first piece of a file on, one from another.

import { FailureError } from '@sheaf/protocol';
import type { Format, ListedFile, Piece } from '@sheaf/protocol/graph';
import { openBytes, scanQuotes } from '@sheaf/storage';
import type { Region, TaskMemory } from '../../data/memory.ts';
import type { Progress } from '../progress.ts';
import type { Push } from '../steps/step-calls.ts';

/** What a scan says of the piece [from, to) of a file: whether the next starts inside quotes, when this one starts outside or inside. */
type ScannedPiece = readonly [path: string, from: number, to: number, fromOutside: boolean, fromInside: boolean];

interface Scanning {
  readonly files: readonly ListedFile[];
  readonly pieces: readonly Piece[];
  readonly format: Format;
  readonly memory: TaskMemory;
  readonly window: Region;
  readonly push: Push;
  readonly progress: Progress;
}

/** Scans the pieces of a split that are no whole files. Bytes are read in pieces of so many, which become a string each. */
const scanBytes = 65_536;

export function scanPieces({ files, pieces, format, memory, window, push, progress }: Scanning): void {
  if (format.type !== 'csv' || format.scanned !== true) return;
  const separator = format.separator.charCodeAt(0);
  for (const { file: index, from, to } of pieces) {
    const file = files[index];
    if (file === undefined) throw new Error(`split: piece of file ${index} of ${files.length}`);
    if (file.packed !== null || (from === 0 && to === file.size)) continue;
    const source = openBytes(file, Math.max(0, from - 1));
    try {
      const scan = scanQuotes({ from, to }, separator, () => {
        const count = source.read(memory.bytes, window.from, scanBytes) as number;
        progress.bytes += count;
        progress.check();
        return memory.buffer.latin1Slice(window.from, window.from + count);
      });
      const scanned: ScannedPiece = [file.path, from, to, scan.fromOutside, scan.fromInside];
      push(scanned);
    } finally {
      source.close();
    }
  }
}

/** By file and piece what the scan said. */
export class QuoteStarts {
  private readonly files = new Map<string, Map<number, ScannedPiece>>();

  constructor(scanned: readonly unknown[]) {
    for (const piece of scanned as readonly ScannedPiece[]) {
      const [path, from] = piece;
      const ofFile = this.files.get(path) ?? new Map<number, ScannedPiece>();
      this.files.set(path, ofFile.set(from, piece));
    }
  }

  /** Whether a piece starts inside quotes. Throws FailureError when the pieces before it were not scanned: the file is another now. */
  isInside(path: string, from: number): boolean {
    const pieces = this.files.get(path);
    let inside = false;
    for (let at = 0; at < from; ) {
      const piece = pieces?.get(at);
      if (piece === undefined || piece[2] > from) {
        throw new FailureError({ code: 'E_INPUT_CHANGED', message: `${path}: it was cut in another way when its quotes were scanned` });
      }
      inside = inside ? piece[4] : piece[3];
      at = piece[2];
    }
    return inside;
  }
}
