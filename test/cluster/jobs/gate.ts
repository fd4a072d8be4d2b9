// A gate in user code: leaves a line that says who came, and waits, synchronously, for as long as a test keeps it closed.
// The test's side is harness/gates.ts.

import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** The task that comes to the gate, as its context names it. */
export interface Comer {
  readonly stage: string;
  readonly index: number;
  readonly attempt: number;
}

const pauseMs = 10;

/** Passes the gate `STAGE-INDEX`, which `STAGE.closed` closes too. */
export function passGate(folder: string, { stage, index, attempt }: Comer): void {
  if (folder === '') return;
  const gate = `${stage}-${index}`;
  // The parent of an executor is its worker.
  appendFileSync(join(folder, 'arrivals'), `${JSON.stringify({ gate, worker: process.ppid, attempt })}\n`);
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (isClosed(folder, gate) || isClosed(folder, stage)) Atomics.wait(pause, 0, 0, pauseMs);
}

function isClosed(folder: string, name: string): boolean {
  return existsSync(join(folder, `${name}.closed`));
}
