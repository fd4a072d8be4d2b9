// Kills a worker in the middle of a job, at a moment that the coordinator's own status tells, and finds out what was done again.

import { setTimeout } from 'node:timers/promises';
import type { Cluster } from '@sheaf/cluster';
import type { JobStatus } from '@sheaf/protocol/messages';

export interface Killed {
  readonly name: string;
  /** Its id. */
  readonly worker: string;
  /** Tasks of the stage that were done at that moment. */
  readonly done: number;
}

const pollMs = 20;

/** Waits until so many tasks of the stage are done, then kills a worker that is running one. */
export async function killOneWorker(cluster: Cluster, moment: { readonly stage: string; readonly done: number }): Promise<Killed> {
  const url = await cluster.url;
  for (;;) {
    const [job] = await ask<readonly JobStatus[]>(url, '/jobs');
    const done = job?.stages.find(({ name }) => name === moment.stage)?.done ?? 0;
    if (done >= moment.done) {
      const workers = await ask<readonly { readonly id: string; readonly pid: number; readonly running: number }[]>(url, '/workers');
      const busy = workers.find(({ running }) => running > 0);
      const member = cluster.workers.find(({ pid }) => pid === busy?.pid);
      if (busy !== undefined && member !== undefined) {
        member.kill('SIGKILL');
        return { name: member.name, worker: busy.id, done };
      }
    }
    await setTimeout(pollMs);
  }
}

interface StoryEntry {
  readonly stage: number | null;
  readonly task: number | null;
  readonly attempt: string | null;
}

/** The tasks that needed more than one attempt, as `stage@task`. */
export async function reassignedTasks(url: string): Promise<string[]> {
  const [job] = await ask<readonly JobStatus[]>(url, '/jobs');
  if (job === undefined) return [];
  const attempts = new Map<string, Set<string>>();
  for (const { stage, task, attempt } of await ask<readonly StoryEntry[]>(url, `/jobs/${job.id}/story`)) {
    if (stage === null || task === null || attempt === null) continue;
    const name = `${job.stages[stage]?.name}@${task}`;
    attempts.set(name, (attempts.get(name) ?? new Set()).add(attempt));
  }
  return [...attempts].filter(([, of]) => of.size > 1).map(([name]) => name);
}

async function ask<T>(url: string, path: string): Promise<T> {
  const response = await fetch(`${url.replace(/^ws/, 'http')}${path}`);
  return (await response.json()) as T;
}
