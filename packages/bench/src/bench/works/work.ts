// A work is one thing to do, by Sheaf and by its peers: cases that take turns, and the bars that their figures are held to.

import type { Program } from '../../program.ts';
import type { DataFolder, Input } from '../data/data-folder.ts';
import { type Command, type Measured, type MeasureOptions, measure } from '../measuring/measure.ts';
import { type CommandIn, outputOf, type PeerJob, saidOf } from '../peers/peer-job.ts';
import type { Peers } from '../peers/peers.ts';
import type { Bar } from './bars.ts';

export interface Work {
  /** Of its section in the results, and what `--only` names. */
  readonly number: number;
  readonly title: string;
  /** What is done to what. */
  readonly about: string;
  readonly cases: readonly Case[];
  readonly bars: readonly Bar[];
}

export interface Case {
  readonly name: string;
  /** What it reads; empty where bytes say nothing. */
  readonly inputs: readonly Input[];
  /** Peers that take long may be run fewer times. */
  readonly kind: 'sheaf' | 'quick peer' | 'slow peer';
  /** `folder` is empty, and is emptied afterwards. */
  run(folder: string, options: MeasureOptions): Promise<Measured>;
  /** Throws when what is in `folder` is wrong. */
  check(folder: string): Promise<void>;
}

export interface Sizes {
  readonly wordsMb: number;
  readonly linesMb: number;
  readonly rows: number;
  readonly documentsMb: number;
  readonly smallMb: number;
  readonly tasks: number;
  /** Of the works with much input: how many times as much, over the words and the lines above. */
  readonly large: { readonly wordsMb: number; readonly linesMb: number };
}

export interface WorkContext {
  readonly program: Program;
  readonly data: DataFolder;
  readonly peers: Peers;
  readonly sizes: Sizes;
  /** The options of a run with so many executors. */
  readonly slots: (count: number) => readonly string[];
}

/** Makes cases that are one command from beginning to end, start-up included, over the same inputs. */
export function caseMaker(inputs: readonly Input[], check: Case['check'] = async () => {}): AddCase {
  return (name, kind, command) => ({
    ...{ name, kind, inputs, check },
    run: (folder, options) => measure(command(folder), folder, options),
  });
}

export type AddCase = (name: string, kind: Case['kind'], command: CommandIn) => Case;
type PeerCase = readonly [name: string, peer: PeerJob | null, job: string, kind: Case['kind']];

/** A case for each job of a peer that is there. */
export function peerCases(add: AddCase, inputs: readonly Input[], given: readonly PeerCase[]): Case[] {
  const paths = inputs.map(({ path }) => path);
  return given.flatMap(([name, peer, job, kind]) => (peer === null ? [] : [add(name, kind, peer(job, paths))]));
}

export interface SheafRun {
  readonly job: string;
  readonly params: { readonly [name: string]: string };
  readonly options: readonly string[];
  readonly environment?: { readonly [name: string]: string };
}

/** One worker process with so many executors. */
export function slots(count: number): string[] {
  return ['--workers', '1', '--slots', String(count)];
}

/** `sheaf run`, with its output in `out` and its own files in the same folder. */
export function sheafRun(program: Program, run: SheafRun): CommandIn {
  return folder => sheafCommand(program, 'run', { ...run, params: { ...run.params, out: outputOf(folder) } }, folder);
}

/** `sheaf submit` of a job, which need not write anything. */
export function sheafSubmit(program: Program, run: SheafRun): CommandIn {
  return folder => sheafCommand(program, 'submit', run, folder);
}

function sheafCommand({ cli }: Program, command: 'run' | 'submit', run: SheafRun, folder: string): Command {
  const given = Object.entries(run.params).flatMap(([name, value]) => ['-p', `${name}=${value}`]);
  return {
    line: [process.execPath, cli, command, run.job, ...given, ...run.options],
    output: saidOf(folder),
    environment: { TMPDIR: folder, ...run.environment },
  };
}
