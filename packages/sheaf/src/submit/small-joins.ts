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

/** `list`: where the files are not those that a folder leads to. */
export async function decideJoins(plans: readonly JoinPlan[], cwd: string, list: ListSide = listedIn(cwd)): Promise<DecidedJoins> {
  const decided: [number, string][] = [];
  for (const { join, left, right } of plans) {
    const small = await list(right);
    if (small === null || !isSmall(small) || !(await isLarge(left, list))) continue;
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
async function isLarge(left: JoinPlan['left'], list: ListSide): Promise<boolean> {
  let bytes = 0;
  let uncutMost = 0;
  for (const { paths, format } of left) {
    const files = await list(paths);
    if (files === null) return false;
    bytes += bytesOf(files);
    for (const file of files) if (!mayCut(file, format)) uncutMost = Math.max(uncutMost, file.size);
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
