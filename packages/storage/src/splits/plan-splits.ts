// The plan of a stage's input: which bytes each map task reads. A pure function of the listing (path, size), the formats and
// settings.splitMb, never of the number of workers: output bytes hang on it.
// What must stay true: every listed file is covered exactly once and in order; a split never spans two inputs; packed files,
// csv with line breaks inside quotes that is not scanned and whole-file records are never cut; there are two splits at least where that is possible.

import { limits, UsageError } from '@sheaf/protocol';
import type { Format, ListedFile, Piece, Split } from '@sheaf/protocol/graph';

/** What one input of a stage was found to hold. */
export type ListedInput =
  | { readonly type: 'files'; readonly files: readonly ListedFile[]; readonly format: Format }
  | { readonly type: 'items'; readonly count: number; readonly perTask: number | null };

const megabyte = 1_048_576;
const splitsWanted = 8;
const smallestSplitMb = 8;
/** The end of an input is cut finer, so that the last tasks of a stage end together. */
const tailShare = 1 / 8;
const tailDivisor = 4;
/** A remainder up to this share of a piece goes with the piece before it. */
const slop = 1.25;

/** Splits in input order; task t reads the t-th of them. */
export function planSplits(inputs: readonly ListedInput[], splitMb: number): Split[] {
  const target = splitBytes(totalBytes(inputs), splitMb);
  const splits = inputs.flatMap((listed, input) => {
    const pieces = listed.type === 'items' ? planItemSplits(listed.count, listed.perTask).map(piece => [piece]) : packFiles(listed, target);
    return pieces.map(of => ({ input, pieces: of }));
  });
  const planned = splits.length === 1 ? halved(splits[0] as Split, inputs) : splits;
  checkCount(planned.length);
  return planned;
}

function checkCount(splits: number): void {
  if (splits <= limits.tasksPerStageMax) return;
  throw new UsageError(`the input makes more than ${limits.tasksPerStageMax} splits: raise settings.splitMb, or perTask of items`);
}

/** Bytes on disk of all files of a stage: what automatic partition counts are made from. */
export function totalBytes(inputs: readonly ListedInput[]): number {
  let total = 0;
  for (const input of inputs) if (input.type === 'files') for (const file of input.files) total += file.size;
  return total;
}

/** One split an item up to 1,000, then even packs of items; `perTask` items each when given; two at least of two items. */
export function planItemSplits(count: number, perTask: number | null): Piece[] {
  const wanted = perTask === null ? Math.min(count, limits.itemSplitsMax) : Math.ceil(count / perTask);
  const tasks = Math.max(wanted, Math.min(count, 2), 1);
  checkCount(tasks);
  const even = perTask === null || wanted < tasks;
  const borderOf = (task: number): number => (even ? Math.floor((count * task) / tasks) : Math.min(count, task * (perTask ?? 1)));
  return Array.from({ length: tasks }, (_, task) => ({ file: 0, from: borderOf(task), to: borderOf(task + 1) }));
}

/**
 * An eighth of the total, but no less than 8 MB and no more than the setting. Finer splits end no more evenly, as the last of them
 * is cut finer anyway; and a combiner that sees less at once sends more partial results.
 */
function splitBytes(total: number, splitMb: number): number {
  const wanted = Math.max(Math.ceil(total / splitsWanted), smallestSplitMb * megabyte);
  return Math.max(1, Math.floor(Math.min(wanted, splitMb * megabyte)));
}

/** Whether a split may begin in the middle of the file. */
export function mayCut(file: Pick<ListedFile, 'packed'>, format: Format): boolean {
  if (file.packed !== null) return false;
  if (format.type === 'csv') return !format.multiline || format.scanned === true;
  return format.type === 'text' || format.type === 'jsonl';
}

function packFiles(input: Extract<ListedInput, { type: 'files' }>, target: number): Piece[][] {
  const packs: Piece[][] = [];
  const tailFrom = totalBytes([input]) * (1 - tailShare);
  const tailTarget = Math.max(1, Math.floor(target / tailDivisor));
  let pack: Piece[] = [];
  let packBytes = 0;
  let before = 0;
  const close = (): void => {
    if (pack.length > 0) packs.push(pack);
    pack = [];
    packBytes = 0;
  };
  input.files.forEach((file, index) => {
    const targetHere = before >= tailFrom ? tailTarget : target;
    if (packBytes + file.size > targetHere || pack.length >= limits.filesPerPackMax) close();
    if (file.size > targetHere && mayCut(file, input.format)) {
      checkCount(packs.length + file.size / target);
      for (let from = 0; from < file.size; ) {
        const here = before + from >= tailFrom ? tailTarget : target;
        const to = file.size - from <= here * slop ? file.size : from + here;
        packs.push([{ file: index, from, to }]);
        from = to;
      }
    } else {
      pack.push({ file: index, from: 0, to: file.size });
      packBytes += file.size;
    }
    before += file.size;
  });
  close();
  return packs;
}

/** One split alone would leave nothing to run side by side: a pack is parted between files, a file in its middle. */
function halved(split: Split, inputs: readonly ListedInput[]): Split[] {
  const listed = inputs[split.input];
  if (listed?.type !== 'files') return [split];
  const { input, pieces } = split;
  if (pieces.length > 1) {
    const border = middleBorder(pieces);
    return [
      { input, pieces: pieces.slice(0, border) },
      { input, pieces: pieces.slice(border) },
    ];
  }
  const piece = pieces[0];
  const file = piece && listed.files[piece.file];
  if (piece === undefined || file === undefined || piece.to < 2 || !mayCut(file, listed.format)) return [split];
  const middle = Math.floor(piece.to / 2);
  return [
    { input, pieces: [{ ...piece, to: middle }] },
    { input, pieces: [{ ...piece, from: middle }] },
  ];
}

/** The border between two pieces that is nearest to the middle by bytes; there is a piece on both sides of it. */
function middleBorder(pieces: readonly Piece[]): number {
  const total = pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0);
  let best = 1;
  let bestOff = Number.POSITIVE_INFINITY;
  let before = 0;
  for (let border = 1; border < pieces.length; border++) {
    const piece = pieces[border - 1] as Piece;
    before += piece.to - piece.from;
    const off = Math.abs(2 * before - total);
    if (off < bestOff) [best, bestOff] = [border, off];
  }
  return best;
}
