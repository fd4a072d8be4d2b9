// One worker per directory. The lock is a file that names its owner: process id and the time that process started, so that
// a lock left by a dead worker is known as such, also when its process id has been given to another process since.
// It is made by linking a finished file, so a lock is never seen half written. A dead owner's lock is taken away by one process
// alone: the one that holds the right to, a file too, named after that lock, so that no right reaches a lock made since.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { UsageError } from '@sheaf/protocol';

export interface DirectoryLock {
  release(): Promise<void>;
}

const triesMax = 20;
/** How long another one is given to take a dead owner's lock away. */
const clearingMs = 25;

/** Throws UsageError when a living worker holds the directory. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock');
  const mine = join(directory, `lock.${process.pid}`);
  const owner = `${process.pid} ${startOf(process.pid)}\n`;
  await writeFile(mine, owner);
  try {
    for (let tries = 0; tries < triesMax; tries++) {
      if (await linked(mine, path)) return { release: () => release(path, owner) };
      await removeStale(path, { directory, mine });
    }
  } finally {
    await rm(mine, { force: true });
  }
  throw new UsageError(`the directory ${directory} is fought over by other workers; give this one another --dir`);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Takes a dead owner's lock away, or waits for whoever does. The right to is had by linking a file named after the lock; when its
 * holder has died too, by linking one named after that holder. Only who has it removes the lock, and only the one it is named
 * after: an owner is never the same twice, so a right that is had too late does no harm.
 */
async function removeStale(path: string, { directory, mine }: { readonly directory: string; readonly mine: string }): Promise<void> {
  const found = await contentOf(path);
  if (found === null) return;
  if (isLiving(found)) {
    const pid = found.split(' ', 1)[0];
    throw new UsageError(`the directory ${directory} is in use by the worker with process id ${pid}; give this one another --dir`);
  }
  const rights: string[] = [];
  for (let dead = found; rights.length < triesMax; ) {
    const right = join(directory, `lock.clearing-${createHash('sha256').update(dead).digest('hex').slice(0, 16)}`);
    rights.push(right);
    if (await linked(mine, right)) {
      if ((await contentOf(path)) === found) await rm(path, { force: true });
      for (const used of rights) await rm(used, { force: true });
      return;
    }
    const holder = await contentOf(right);
    if (holder === null) return;
    if (isLiving(holder)) {
      await delay(clearingMs);
      return;
    }
    dead = holder;
  }
}

function contentOf(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(() => null);
}

/** Whether the process that an owner's line names is alive. */
function isLiving(owner: string): boolean {
  const [pid = '', start = ''] = owner.trim().split(' ');
  return start !== '' && startOf(Number(pid)) === start;
}

async function release(path: string, owner: string): Promise<void> {
  const found = await contentOf(path);
  if (found === owner) await rm(path, { force: true });
}

/** When a process started, in a form that no other process with its id shares; '' when there is no such process. */
function startOf(pid: number): string {
  if (!Number.isSafeInteger(pid) || pid <= 0) return '';
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold anything; the start time is the 20th after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : `${fields[19]}@${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`;
  } catch {
    return isAlive(pid) ? 'alive' : '';
  }
}

/** Where there is no /proc: a living process with that id. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
