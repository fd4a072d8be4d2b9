// `npm run bench -- operators`: what each operator of a pipeline costs for a record, alone and fused: CPU time of a run with it,
// less that of a run that only reads and counts. The operators take turns; of its runs the one with least CPU time counts, as what disturbs
// a run only ever adds.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../program.ts';
import type { DataFolder } from './data/data-folder.ts';
import { lineBytes } from './data/generate.ts';
import { measure } from './measuring/measure.ts';
import { machineText, tableOf } from './report.ts';
import { sheafRun } from './works/work.ts';

export interface OperatorsOptions {
  readonly data: DataFolder;
  readonly megabytes: number;
  readonly rounds: number;
  /** Told after each round. */
  readonly say: (text: string) => void;
}

/** Measures the operators of jobs/operators.ts, the first of which is nothing, and gives the figures as text. */
export async function measureOperators(program: Program, { data, megabytes, rounds, say }: OperatorsOptions): Promise<string> {
  const job = join(program.package, 'jobs/operators.ts');
  const input = data.file('lines', megabytes);
  const little = data.file('lines', 1);
  const seconds = new Map<string, number[]>(operatorsIn(job).map(operator => [operator, []]));
  const [nothing = ''] = seconds.keys();
  const startUps: number[] = [];
  const secondsOf = async (operator: string, path: string): Promise<number> => {
    const folder = data.scratch();
    const run = sheafRun(program, { job, params: { in: path, operator }, options: ['--inline'] });
    return (await measure(run(folder), folder)).cpuSeconds;
  };
  for (let round = 1; round <= rounds; round++) {
    startUps.push(await secondsOf(nothing, little.path));
    for (const [operator, measured] of seconds) measured.push(await secondsOf(operator, input.path));
    say(`operators: round ${round} of ${rounds} done`);
  }
  data.scratch();
  const records = input.bytes / lineBytes;
  const least = (operator: string): number => Math.min(...(seconds.get(operator) ?? []));
  const rows = [...seconds.keys()].map(operator => {
    const more = least(operator) - (operator === nothing ? Math.min(...startUps) : least(nothing));
    return [operator, least(operator).toFixed(2), Math.max(0, Math.round((more / records) * 1e9))];
  });
  const about = `${machineText()}. ${records / 1e6} million lines of ${lineBytes} bytes, inline, the least CPU time of ${rounds} runs, start-up (${Math.min(...startUps).toFixed(2)} s) included; nanoseconds a record are what is more than the first line, whose own are without the start-up.`;
  return `${about}\n\n${tableOf(['', 'CPU seconds', 'ns a record'], rows)}`;
}

/** Their names, as the job has them: one in each line that begins a member. */
function operatorsIn(job: string): string[] {
  const [, table = ''] = /const operators = \{\n([\s\S]*?)\n\} satisfies/.exec(readFileSync(job, 'utf8')) ?? [];
  return [...table.matchAll(/^ {2}(?:'([^']*)'|"([^"]*)"|(\w+)): /gm)].map(([, single, double, plain]) => single ?? double ?? plain ?? '');
}
