// `npm run bench`: how fast Sheaf is, through the whole engine as its users run it, and how little memory it needs.

import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Program } from '../program.ts';
import { DataFolder } from './data-folder.ts';
import { measureMemory } from './memory.ts';
import { measureOperators } from './operators.ts';
import { writeSection } from './report.ts';
import { measureSpeed } from './speed.ts';

const usage = `usage: npm run bench -- [speed|quick|memory|operators] [--data FOLDER] [--gb COUNT]
  speed      word count and sort, medians of 3 runs each, some minutes (default); kept in packages/bench/RESULTS.md
  quick      the same once, with little data, in less than a minute; only printed
  memory     peak memory with 10 GB of input (or --gb); needs three times that on disk; kept in RESULTS.md
  operators  what each operator of a pipeline costs for a record; kept in RESULTS.md
  --data     where inputs are made and kept, and results written (default: a folder for temporary files)`;

export async function main(program: Program): Promise<number> {
  const parsed = readArguments(program.arguments);
  if (parsed === null) {
    console.error(usage);
    return 2;
  }
  const results = join(program.package, 'RESULTS.md');
  const { kind, gigabytes } = parsed;
  const data = new DataFolder(parsed.data);
  const say = (text: string): void => console.error(text);
  if (kind === 'memory') {
    const { text, withinLimits } = await measureMemory(program, { data, gigabytes, say });
    console.log(text);
    writeSection(results, 'Memory', text);
    if (!withinLimits) console.error('\nAn executor took more memory than it may.');
    return withinLimits ? 0 : 1;
  }
  if (kind === 'operators') {
    const text = await measureOperators(program, { data, megabytes: 100, rounds: 3, say });
    console.log(text);
    writeSection(results, 'Operators', text);
    return 0;
  }
  const sizes = kind === 'quick' ? { wordsMb: 24, linesMb: 48, rounds: 1 } : { wordsMb: 256, linesMb: 512, rounds: 3 };
  const text = await measureSpeed(program, { data, ...sizes, say });
  console.log(text);
  if (kind === 'speed') writeSection(results, 'Speed', text);
  return 0;
}

const kinds = ['speed', 'quick', 'memory', 'operators'] as const;
type Kind = (typeof kinds)[number];

interface Arguments {
  readonly kind: Kind;
  readonly data: string;
  readonly gigabytes: number;
}

/** null for what cannot be understood. */
function readArguments(given: readonly string[]): Arguments | null {
  try {
    const options = { data: { type: 'string', default: join(tmpdir(), 'sheaf-bench') }, gb: { type: 'string', default: '10' } } as const;
    const { values, positionals } = parseArgs({ args: [...given], options, allowPositionals: true });
    const [kind = 'speed', ...more] = positionals;
    const gigabytes = Number(values.gb);
    if (more.length > 0 || !Number.isInteger(gigabytes) || gigabytes < 1) return null;
    const known = kinds.find(one => one === kind);
    return known === undefined ? null : { kind: known, data: resolve(values.data), gigabytes };
  } catch {
    return null;
  }
}
