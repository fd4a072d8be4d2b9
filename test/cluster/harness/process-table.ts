// The processes of this machine, read from /proc: who descends from whom, and whether a process that was seen once is still
// the one that has its id.

import { readdirSync, readFileSync } from 'node:fs';

/** A process, told from a later one with the same id by the time at which it started. */
export interface SeenProcess {
  readonly pid: number;
  readonly startedAt: string;
  readonly command: string;
}

interface Stat {
  readonly parent: number;
  readonly state: string;
  readonly startedAt: string;
}

/** The process and all that descend from it, as far as they live now. */
export function familyOf(pid: number): SeenProcess[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statOf(Number(name))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const family: SeenProcess[] = [];
  const queue = [pid];
  for (const one of queue) {
    const stat = statOf(one);
    if (stat === null || stat.state === 'Z') continue;
    family.push({ pid: one, startedAt: stat.startedAt, command: commandOf(one) });
    queue.push(...(children.get(one) ?? []));
  }
  return family;
}

/** Whether it still runs. */
export function isAlive({ pid, startedAt }: SeenProcess): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.startedAt === startedAt && stat.state !== 'Z';
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0]!, parent: Number(fields[1]), startedAt: fields[19]! };
  } catch {
    return null;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
