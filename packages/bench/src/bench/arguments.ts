// What the command line of `npm run bench` may say.

import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const usage = `usage: npm run bench -- [speed|quick|large|memory|operators] [option]...
  speed         every work beside its peers, medians of 3 runs each (default); about an hour with all peers
  quick         the same once, with little data and what is installed, in three minutes; only printed
  large         8 GB sorted and counted with 64 MB a task, and a million empty tasks; needs 40 GB of disk
  memory        peak memory of executors with 10 GB of input (or --gb); needs three times that on disk
  operators     what each operator of a pipeline costs for a record
All but quick are kept in packages/bench/RESULTS.md, section by section.
  --only 2,5    these works alone, by the numbers of their sections
  --rounds N    runs of each case (default: 3)
  --peer-rounds N  runs of those that take long: Spark, Hadoop, Dask; 0 for none (default: as --rounds)
  --on tmpfs|disk  where runs write (default: tmpfs, where there is /dev/shm; large: disk); on disk a run lasts until it is durable
  --tasks N     empty tasks (default: 10000; large: 1000000)
  --peers DIR   where peers are, and are installed if they are not (default: peers in the folder of --data)
  --no-install  only peers that are installed
  --data DIR    where inputs are made and kept (default: a folder for temporary files)`;

const kinds = ['speed', 'quick', 'large', 'memory', 'operators'] as const;
export type Kind = (typeof kinds)[number];
const memoryFolder = '/dev/shm';

export interface Arguments {
  readonly kind: Kind;
  readonly data: string;
  readonly gigabytes: number;
  /** null: all. */
  readonly only: readonly number[] | null;
  readonly rounds: number;
  readonly peerRounds: number;
  readonly place: 'tmpfs' | 'disk';
  readonly tasks: number | null;
  readonly peers: string;
  readonly install: boolean;
}

/** A folder on tmpfs for what runs write. */
export const memoryScratch: string = join(memoryFolder, `sheaf-bench-${process.pid}`);

/** null for what cannot be understood. */
export function readArguments(given: readonly string[]): Arguments | null {
  const options = {
    data: { type: 'string', default: join(tmpdir(), 'sheaf-bench') },
    gb: { type: 'string', default: '10' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    'peer-rounds': { type: 'string' },
    on: { type: 'string' },
    tasks: { type: 'string' },
    peers: { type: 'string' },
    'no-install': { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...given], options, allowPositionals: true });
    const [word = 'speed', ...more] = positionals;
    const kind = kinds.find(one => one === word);
    if (kind === undefined || more.length > 0) return null;
    const rounds = countOf(values.rounds ?? (kind === 'quick' ? '1' : '3'));
    const place = values.on ?? (kind === 'large' || !existsSync(memoryFolder) ? 'disk' : 'tmpfs');
    if (place !== 'disk' && place !== 'tmpfs') return null;
    const data = resolve(values.data);
    return {
      ...{ kind, data, rounds, place },
      gigabytes: countOf(values.gb),
      only: values.only === undefined ? null : values.only.split(',').map(countOf),
      peerRounds: values['peer-rounds'] === '0' ? 0 : countOf(values['peer-rounds'] ?? String(rounds)),
      tasks: values.tasks === undefined ? null : countOf(values.tasks),
      peers: values.peers === undefined ? join(data, 'peers') : resolve(values.peers),
      install: !values['no-install'] && kind !== 'quick',
    };
  } catch {
    return null;
  }
}

/** Throws for what is no whole number above 0. */
function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`'${text}' is no whole number above 0`);
  return count;
}
