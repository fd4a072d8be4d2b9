// How a peer is told what to do.

import { join } from 'node:path';
import type { Command } from '../measuring/measure.ts';

/** A job of a peer over its inputs: the command that runs it, with its output in `out` of an empty folder that has all its other files too. */
export type PeerJob = (job: string, inputs: readonly string[]) => CommandIn;
export type CommandIn = (folder: string) => Command;

/** What a run writes: one file, or a folder of parts. */
export function outputOf(folder: string): string {
  return join(folder, 'out');
}

/** What it says. */
export function saidOf(folder: string): string {
  return join(folder, 'stdout.txt');
}
