// `npm run bench`: how fast Sheaf is, through the whole engine as its users run it, beside others, and how little memory it needs.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from '../program.ts';
import { type Arguments, memoryScratch, readArguments, usage } from './arguments.ts';
import { DataFolder } from './data/data-folder.ts';
import { measureMemory } from './memory.ts';
import { measureOperators } from './operators.ts';
import { installPeers } from './peers/install.ts';
import { findPeers } from './peers/peers.ts';
import { writeSection } from './report.ts';
import { sectionText } from './section.ts';
import { runWork } from './speed.ts';
import { largeWorks, works } from './works/all-works.ts';
import { type Sizes, slots } from './works/work.ts';

const full: Sizes = {
  ...{ wordsMb: 256, linesMb: 512, rows: 5_000_000, documentsMb: 1_000, smallMb: 0.28, tasks: 10_000 },
  large: { wordsMb: 8_192, linesMb: 8_192 },
};
const quick: Sizes = { ...full, wordsMb: 24, linesMb: 48, rows: 400_000, documentsMb: 16, tasks: 1_000 };
const manyTasks = 1_000_000;

export async function main(program: Program): Promise<number> {
  if (program.arguments.includes('--help')) {
    console.log(usage);
    return 0;
  }
  const given = readArguments(program.arguments);
  if (given === null) {
    console.error(usage);
    return 2;
  }
  const results = join(program.package, 'RESULTS.md');
  // Of this machine, and no part of what is measured: a Node that is told of more certificates starts in more than twice the time.
  delete process.env.NODE_EXTRA_CA_CERTS;
  const data = new DataFolder(given.data);
  if (given.kind === 'memory') {
    const { text, withinLimits } = await measureMemory(program, { data, gigabytes: given.gigabytes, say });
    console.log(text);
    writeSection(results, 'Memory', text);
    if (!withinLimits) console.error('\nAn executor took more memory than it may.');
    return withinLimits ? 0 : 1;
  }
  if (given.kind === 'operators') {
    const text = await measureOperators(program, { data, megabytes: 256, rounds: given.rounds, say });
    console.log(text);
    writeSection(results, 'Operators', text);
    return 0;
  }
  return measureWorks(program, { ...given, results });
}

function say(text: string): void {
  console.error(text);
}

/** 1 when Sheaf failed at one of them. A bar that is missed is told, and nothing more. */
async function measureWorks(program: Program, given: Arguments & { readonly results: string }): Promise<number> {
  const { kind, only, place, rounds } = given;
  const data = new DataFolder(given.data, place === 'tmpfs' ? memoryScratch : given.data);
  const leaveNothing = (): void => {
    data.removeScratch();
    rmSync(memoryScratch, { recursive: true, force: true });
  };
  process.once('exit', leaveNothing);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
  if (given.install) installPeers(program, { folder: given.peers, say });
  const peers = findPeers(program, given.peers);
  for (const line of peers.missing) say(line);
  const sizes = kind === 'quick' ? quick : { ...full, ...(kind === 'large' ? { tasks: manyTasks } : {}) };
  const context = { program, data, peers, slots, sizes: { ...sizes, tasks: given.tasks ?? sizes.tasks } };
  let failed = false;
  for (const [number, makeWork] of kind === 'large' ? largeWorks : works) {
    if (only !== null && !only.includes(number)) continue;
    const work = makeWork(context);
    const measured = await runWork(work, { ...given, data, durable: place === 'disk', long: kind === 'large', say });
    failed ||= measured.some(result => result.failure !== null && result.case.kind === 'sheaf');
    const text = sectionText(work, measured, { rounds, place, long: kind === 'large', judged: kind !== 'quick' });
    const heading = `${number} ${work.title}${kind === 'speed' && place === 'disk' ? ', on disk' : ''}`;
    console.log(`## ${heading}\n\n${text}\n`);
    if (kind !== 'quick') writeSection(given.results, heading, text);
  }
  return failed ? 1 : 0;
}
