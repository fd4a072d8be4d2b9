// Where jobs stop: user code passes gates by name (jobs/gate.ts) and waits at those that are closed. Each passage leaves a
// line with the process that came, so that a test knows which worker stands there and how often a task was begun.

import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Arrival {
  /** `map-3`, `reduce-0`. */
  readonly gate: string;
  /** Process id of the worker whose executor came. */
  readonly worker: number;
  /** 1 for the first attempt of the task. */
  readonly attempt: number;
}

export class Gates {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Closes a gate, or all of a kind: `map-3`, `map`. */
  close(...names: readonly string[]): void {
    for (const name of names) appendFileSync(join(this.folder, `${name}.closed`), '');
  }

  open(...names: readonly string[]): void {
    for (const name of names) rmSync(join(this.folder, `${name}.closed`));
  }

  /** Everyone who came to a gate whose name begins so, in order. */
  arrivals(prefix = ''): Arrival[] {
    return this.lines().filter(({ gate }) => gate.startsWith(prefix));
  }

  /** The worker whose executor came to the gate last. */
  workerAt(gate: string): number | null {
    return this.arrivals().findLast(arrival => arrival.gate === gate)?.worker ?? null;
  }

  /** How often each task of a kind was begun, by the name of its gate. */
  timesBegun(kind: string): { readonly [gate: string]: number } {
    const times: { [gate: string]: number } = {};
    for (const { gate } of this.arrivals(`${kind}-`)) times[gate] = (times[gate] ?? 0) + 1;
    return Object.fromEntries(Object.entries(times).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  private lines(): Arrival[] {
    if (!readdirSync(this.folder).includes('arrivals')) return [];
    const text = readFileSync(join(this.folder, 'arrivals'), 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as Arrival);
  }
}
