// What a job answers: the parts of its answers, which came with the results of the tasks that made them.

import type { JobStatus } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import type { JobRun } from './state.ts';

type Answers = NonNullable<JobStatus['answers']>;

/** The answers of a job whose tasks have all committed; none when the plan answers nothing. */
export function answersOf(job: JobRun): { readonly answers?: Answers } {
  const answers: { [name: string]: Answers[string] } = {};
  for (const [id, output] of job.graph.outputs.entries()) {
    if (output.type !== 'answer') continue;
    const stage = job.stages.find(({ spec }) => spec.outputs.includes(id));
    const part = stage?.table?.parts.get(0)?.find(one => one.output === id);
    answers[output.name] = { gives: output.gives, records: found(part?.answer, `answer ${output.name}`) };
  }
  return Object.keys(answers).length === 0 ? {} : { answers };
}

/** How much room they take. */
export function answerBytes({ answers }: JobStatus): number {
  return Object.values(answers ?? {}).reduce((sum, { records }) => sum + records.length, 0);
}
