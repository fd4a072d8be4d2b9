// Processes and what they started, as /proc tells of them. Elsewhere than on Linux there is nothing to read, and no process is found.

import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessSample {
  readonly pid: number;
  /** With the arguments, blanks between them. */
  readonly command: string;
  /** Its own memory, and its share of what it has in common with others: sums over processes count every page once. */
  readonly shareBytes: number;
  /** The most that was ever resident, of pages shared with others too. */
  readonly peakBytes: number;
}

/** Clock ticks a second of /proc: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
/** Places of a line of /proc/PID/stat, counted behind the name in brackets. */
const [parentAt, firstTimeAt, timesEnd] = [1, 11, 15];

/** The ids of these processes and of all that they have started and that are still there. */
export function pidsOfTrees(roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const name of namesIn('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statOf(pid)[parentAt]);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  const found = [...roots];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** null for a process that has ended, or has nothing in memory. */
export function sampleProcess(pid: number): ProcessSample | null {
  const status = read(pid, 'status');
  const peakBytes = kilobytes(status, 'VmHWM');
  if (peakBytes === 0) return null;
  // The rollup walks the page tables; where it may not be read, resident memory stands for it.
  const shareBytes = kilobytes(read(pid, 'smaps_rollup'), 'Pss') || kilobytes(status, 'VmRSS');
  return { pid, command: read(pid, 'cmdline').replaceAll('\0', ' ').trim(), shareBytes, peakBytes };
}

/** CPU seconds of these processes and of their children that have ended. */
export function cpuSecondsOf(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) for (const time of statOf(pid).slice(firstTimeAt, timesEnd)) ticks += Number(time);
  return ticks / ticksPerSecond;
}

function statOf(pid: number): string[] {
  const stat = read(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function kilobytes(text: string, field: string): number {
  return 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty for a process that has ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
