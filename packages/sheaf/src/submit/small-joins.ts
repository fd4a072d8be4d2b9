// Decides for each join of a plan whose sides are read from files whether its right side is sent to every task of the left one: by
// the bytes that are listed, and nothing else.

import type { DecidedJoins, JoinPlan } from '@sheaf/job/open';
import { limits } from '@sheaf/protocol';
import type { ListedFile } from '@sheaf/protocol/graph';
import { listFiles, mayCut } from '@sheaf/storage';
import { bytesText } from '../cli/quantities.ts';

type Listed = Pick<ListedFile, 'size' | 'packed'>;

/** The files of these paths; null: some cannot be listed, which planning will tell. */
export type ListSide = (paths: readonly string[]) => Promise<readonly Listed[] | null>;

export interface Deciding {
  readonly cwd: string;
  readonly splitBytes: number;
  /** Where the files are not those that the folder leads to. */
  readonly list?: ListSide;
}

export async function decideJoins(plans: readonly JoinPlan[], deciding: Deciding): Promise<DecidedJoins> {
  const { cwd, splitBytes, list = listedIn(cwd) } = deciding;
  const decided: [number, string][] = [];
  for (const { join, left, right } of plans) {
    const small = await list(right);
    if (small === null || !isSmall(small) || !(await isLarge(left, { list, splitBytes }))) continue;
    decided.push([join, `broadcast: ${bytesText(bytesOf(small))}`]);
  }
  return Object.fromEntries(decided);
}

/** What is packed may be a thousand times as much when it is read. */
function isSmall(files: readonly Listed[]): boolean {
  return bytesOf(files) <= limits.broadcastJoinBytesMax && files.every(({ packed }) => packed === null);
}

/**
 * A shuffle of little costs little. And where one task reads most of the left side, as its file cannot be cut, it is the shuffle that
 * gives the others something to do.
 */
async function isLarge(left: JoinPlan['left'], { list, splitBytes }: Required<Omit<Deciding, 'cwd'>>): Promise<boolean> {
  let bytes = 0;
  let uncutMost = 0;
  for (const { paths, format } of left) {
    const files = await list(paths);
    if (files === null) return false;
    bytes += bytesOf(files);
    for (const file of files) {
      // A csv that is larger than a split is scanned, and cut.
      const isCut = mayCut(file, format) || (format.type === 'csv' && file.packed === null && file.size > splitBytes);
      if (!isCut) uncutMost = Math.max(uncutMost, file.size);
    }
  }
  return bytes >= limits.broadcastJoinLeftBytesMin && uncutMost * 2 <= bytes;
}

function bytesOf(files: readonly Listed[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function listedIn(cwd: string): ListSide {
  const known = new Map<string, ReturnType<ListSide>>();
  return paths => {
    const key = JSON.stringify(paths);
    const listed = known.get(key) ?? listFiles(paths, { cwd }).catch(() => null);
    known.set(key, listed);
    return listed;
  };
}
