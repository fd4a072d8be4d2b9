// One worker per directory. The lock is a file that names its owner: process id and the time that process started, so that
// a lock left by a dead worker is known as such, also when its process id has been given to another process since.
// It is made by linking a finished file, so a lock is never seen half written.

import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@sheaf/protocol';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Throws UsageError when a living worker holds the directory. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock');
  const mine = join(directory, `lock.${process.pid}`);
  const owner = `${process.pid} ${startOf(process.pid)}\n`;
  await writeFile(mine, owner);
  try {
    for (let tries = 0; tries < 5; tries++) {
      if (await linked(mine, path)) return { release: () => release(path, owner) };
      await removeStale(path, directory);
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

/** Takes a dead owner's lock away. It is renamed first, so that of two who find it stale only one removes it. */
async function removeStale(path: string, directory: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => null);
  if (found === null) return;
  const [pid = '', start = ''] = found.trim().split(' ');
  if (startOf(Number(pid)) === start && start !== '') {
    throw new UsageError(`the directory ${directory} is in use by the worker with process id ${pid}; give this one another --dir`);
  }
  const removed = join(directory, `lock.stale.${process.pid}`);
  await rename(path, removed).catch(() => undefined);
  // What was renamed may be the lock of one who was quicker: it is put back.
  const taken = await readFile(removed, 'utf8').catch(() => found);
  if (taken !== found) await linked(removed, path);
  await rm(removed, { force: true });
}

async function release(path: string, owner: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => null);
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
