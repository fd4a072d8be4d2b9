// Jobs that the coordinator opens on this worker: prepared once, and what is known of where their outputs are.
// How a job closes is in endings.ts.

import type { EdgeId, Failure, JobId } from '@sheaf/protocol';
import type { JobOpening, OutputLocation } from '@sheaf/protocol/messages';
import { attemptsOf, closeJob, discard } from './endings.ts';
import type { JobSettings } from './events.ts';
import { LocationTable } from './location-table.ts';
import { note, send } from './sending.ts';
import { createJob, type Turn } from './state.ts';

/** The coordinator will assign tasks of this job. It says so again in each session. */
export function openJob(turn: Turn, opening: JobOpening): void {
  const job = turn.state.jobs.get(opening.job) ?? createJob(opening.job, 'remembered');
  turn.state.jobs.set(job.id, job);
  switch (job.state) {
    case 'open':
      send(turn, { type: 'job-opened', job: job.id, failure: null });
      return;
    case 'preparing':
      return;
    case 'closing':
      job.reopening = opening;
      return;
    case 'remembered':
      job.state = 'preparing';
      turn.commands.push({ type: 'prepare-job', job: opening });
  }
}

/** Its bundle and blobs are here and it sees the output folders. */
export function jobPrepared(turn: Turn, id: JobId, settings: JobSettings): void {
  const job = turn.state.jobs.get(id);
  if (job?.state !== 'preparing') return;
  job.state = 'open';
  job.settings = settings;
  send(turn, { type: 'job-opened', job: id, failure: null });
}

/**
 * It cannot run here. The failure answers for the attempts assigned so far, which are dropped without a word. The job may be
 * opened again later; until then only outputs of an earlier life are kept of it.
 */
export function jobRefused(turn: Turn, id: JobId, failure: Failure): void {
  const job = turn.state.jobs.get(id);
  if (job?.state !== 'preparing') return;
  send(turn, { type: 'job-opened', job: id, failure });
  job.state = 'remembered';
  for (const attempt of attemptsOf(turn, id)) if (attempt.state === 'queued') discard(turn, attempt);
  if (attemptsOf(turn, id).length === 0) closeJob(turn, job);
}

/** Newest locations of some outputs of an edge. */
export function addLocations(turn: Turn, id: JobId, edge: EdgeId, entries: readonly OutputLocation[]): void {
  const job = turn.state.jobs.get(id);
  if (job === undefined) {
    note(turn, 'warn', `locations arrived for job ${id}, which is not open`);
    return;
  }
  const known = job.locations.get(edge) ?? new LocationTable();
  job.locations.set(edge, known);
  for (const entry of entries) known.set(entry);
}
