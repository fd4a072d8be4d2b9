// What people ask: how a job stands, which workers there are.

import type { JobId, SessionId, WorkerId } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import type { SchedulerState } from './state.ts';

export interface WorkerStatus {
  readonly id: WorkerId;
  readonly state: 'connected' | 'away' | 'draining' | 'lost';
  readonly session: SessionId | null;
  readonly host: string;
  readonly pid: number;
  readonly address: string;
  readonly slots: number;
  readonly running: number;
  readonly labels: readonly string[];
  readonly lastHeardAt: number;
}

/** The status of a job that is known, running or ended; else null. */
export function statusOf(_state: SchedulerState, _job: JobId): JobStatus | null {
  return null;
}

/** Every known job in the order of submission, ended ones first. */
export function jobsOf(_state: SchedulerState): readonly JobStatus[] {
  return [];
}

export function workersOf(_state: SchedulerState): readonly WorkerStatus[] {
  return [];
}

/** Whether one more job may be submitted: `limits.jobsQueuedMax` unfinished ones are the most. */
export function roomForJob(_state: SchedulerState): boolean {
  return true;
}
