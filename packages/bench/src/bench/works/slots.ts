// What a second slot brings, and whether time grows with the input.

import { join } from 'node:path';
import type { Input } from '../data/data-folder.ts';
import { type Bar, speedUp, timePerByte } from './bars.ts';
import { checkSorted, checkWordCount } from './check-output.ts';
import { type Case, caseMaker, sheafRun, type Work, type WorkContext } from './work.ts';

const jobs = { 'word count': 'examples/word-count/job.ts', sort: 'examples/terasort/job.ts' } as const;
type Job = keyof typeof jobs;

/** A run with so little input takes what starting takes. */
const idleMb = 0.01;

export function secondSlot(context: WorkContext): Work {
  const { data, sizes } = context;
  const inputs = { 'word count': data.file('words', sizes.wordsMb), sort: data.file('lines', sizes.linesMb) };
  const idle = { 'word count': data.file('words', idleMb), sort: data.file('lines', idleMb) };
  const names = Object.keys(jobs) as Job[];
  const counts = [1, 2];
  return {
    number: 9,
    title: 'one slot and two',
    about: `The word count and the sort of sections 1 and 3, with one slot and with two, and with ${idleMb * 1e3} kB of input.`,
    cases: names.flatMap(job =>
      counts.flatMap(count => [
        sheafCase(context, { job, input: inputs[job], count, name: nameOf(job, count) }),
        sheafCase(context, { job, input: idle[job], count, name: idleName(job, count) }),
      ]),
    ),
    bars: names.map(
      (job): Bar =>
        speedUp({ name: job, one: nameOf(job, 1), two: nameOf(job, 2), idleOne: idleName(job, 1), idleTwo: idleName(job, 2) }, 1.7),
    ),
  };
}

/** The word count of much text, which costs as much for a byte as that of little. */
export function largeWordCount(context: WorkContext): Work {
  const { data, sizes } = context;
  const once = data.file('words', sizes.wordsMb * 2);
  const many = data.repeated(once, Math.round((sizes.large.wordsMb * 1e6) / once.bytes));
  const idle = data.file('words', idleMb);
  const name = (input: Input): string =>
    input === idle ? 'sheaf, 2 slots, next to nothing to do' : `sheaf, 2 slots, ${Math.round(input.bytes / 1e6)} MB`;
  return {
    number: 9,
    title: 'word count of much text',
    about: 'The word count of section 1; the larger input is the smaller one many times over, under other names.',
    cases: [once, many, idle].map(input => sheafCase(context, { job: 'word count', input, count: 2, name: name(input) })),
    bars: [timePerByte({ small: name(once), large: name(many), idle: name(idle) }, [0.85, 1.15])],
  };
}

interface SlotsCase {
  readonly job: Job;
  readonly input: Input;
  readonly count: number;
  readonly name: string;
}

function sheafCase({ program, slots }: WorkContext, { job, input, count, name }: SlotsCase): Case {
  const check = job === 'sort' ? checkSorted : checkWordCount;
  const add = caseMaker([input], folder => check(folder, input));
  return add(name, 'sheaf', sheafRun(program, { job: join(program.root, jobs[job]), params: { in: input.path }, options: slots(count) }));
}

function nameOf(job: Job, count: number): string {
  return `${job}, ${count === 1 ? '1 slot' : `${count} slots`}`;
}

function idleName(job: Job, count: number): string {
  return `${nameOf(job, count)}, next to nothing to do`;
}
