// What must be true of a simulated run at the moment of a commit, beside the invariants of the two cores: what is committed was made
// from what counts, and is in the journal as it is known.

import type { JournalRecord, SchedulerState } from '@sheaf/coordinator/scheduler';
import type { JobId } from '@sheaf/protocol';
import { must } from './must.ts';
import type { World } from './world.ts';

/** At the moment of commit: each task's winner read, of each task before it, the attempt that counts, or its equal. */
export function checkCommit(world: World, state: SchedulerState, records: readonly JournalRecord[]): void {
  for (const record of records) {
    if (record.type === 'commit-started') checkReads(world, state, record.job);
  }
}

function checkReads(world: World, state: SchedulerState, id: JobId): void {
  const job = state.jobs.get(id);
  if (job === undefined) throw new Error(`${id} commits and is not known`);
  for (const stage of job.stages) {
    for (let task = 0; task < (stage.table?.count ?? 0); task++) {
      const winner = stage.table?.winner(task);
      const truth = winner ? world.truths.get(winner) : undefined;
      must(truth !== undefined, `${id}/${stage.spec.name}@${task} was won by an attempt that ran`);
      for (const end of stage.into) {
        const producer = job.stages[end.other]?.table;
        for (let from = 0; from < (producer?.count ?? 0); from++) {
          const read = truth.reads.get(`${end.id}:${from}`);
          must(
            read === producer?.output(from, end.id).hash,
            `${id}/${stage.spec.name}@${task} read what counts of edge ${end.id} task ${from}`,
          );
        }
      }
    }
  }
}

/** The journal, replayed, gives what is known: but for times. */
export function checkSameRecords(live: readonly JournalRecord[], replayed: readonly JournalRecord[]): void {
  const text = (records: readonly JournalRecord[]): string => JSON.stringify(records, (name, value) => (name === 'at' ? undefined : value));
  must(text(live) === text(replayed), 'the journal gives what is known');
}
