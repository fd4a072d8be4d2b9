// The benchmark works: with next to no data every work runs beside what the machine has for it, its results are checked, and it
// has figures. What is asked of figures is judged, and wrong results are found.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readArguments } from '../../packages/bench/src/bench/arguments.ts';
import { DataFolder } from '../../packages/bench/src/bench/data/data-folder.ts';
import { findPeers } from '../../packages/bench/src/bench/peers/peers.ts';
import { writeSection } from '../../packages/bench/src/bench/report.ts';
import { sectionText } from '../../packages/bench/src/bench/section.ts';
import { runWork } from '../../packages/bench/src/bench/speed.ts';
import { works } from '../../packages/bench/src/bench/works/all-works.ts';
import { type Figures, speedUp, timePerByte, timesAtMost, timesFaster } from '../../packages/bench/src/bench/works/bars.ts';
import { checkIndex, checkSorted, checkWordCount } from '../../packages/bench/src/bench/works/check-output.ts';
import { checkSumsByUser } from '../../packages/bench/src/bench/works/check-sums.ts';
import type { Case, Sizes } from '../../packages/bench/src/bench/works/work.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = { cli: join(root, 'packages/sheaf/bin/sheaf.mjs'), root, package: join(root, 'packages/bench'), arguments: [] };
const few = { wordsMb: 0.3, linesMb: 0.3, rows: 1_000, documentsMb: 0.1, smallMb: 0.1, tasks: 20 };
const sizes: Sizes = { ...few, large: few };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Each job runs inline here; two works start a cluster by themselves. */
const slots = (): readonly string[] => ['--inline'];
const leftOut = ['sheaf, inline', 'sheaf run, bundle kept', 'sheaf run, nothing kept', 'sheaf submit, cluster there'];
const isLeftOut = ({ name }: Case): boolean => leftOut.includes(name) || name.endsWith('incompressible');
// One slot and two: what sections 1 and 3 run.
const numbers = [...works.keys()].filter(number => number !== 9);

test('every work gives figures', { timeout: 180_000 }, async () => {
  const folder = temporaryFolder();
  const data = new DataFolder(folder);
  const peers = findPeers(program, join(folder, 'peers'));
  const results = join(folder, 'RESULTS.md');
  for (const number of numbers) {
    const whole = works.get(number)!({ program, data, peers, sizes, slots });
    const work = { ...whole, cases: whole.cases.filter(one => !isLeftOut(one)) };
    const measured = await runWork(work, { data, rounds: 1, peerRounds: 1, durable: false, long: false, say: () => {} });
    expect(measured.map(({ failure }) => failure).filter(failure => failure !== null)).toEqual([]);
    for (const { figures } of measured) expect(figures).toMatchObject({ runs: 1, seconds: expect.any(Number) });
    const text = sectionText(work, measured, { rounds: 1, place: 'tmpfs', long: false, judged: true });
    for (const { case: one } of measured)
      expect(text).toMatch(new RegExp(`^\\| ${one.name.replace(/[()]/g, '\\$&')} +\\| +[\\d.]+ \\|`, 'm'));
    writeSection(results, `${number} ${work.title}`, text);
  }
  const written = readFileSync(results, 'utf8');
  expect([...written.matchAll(/^## (\d)/gm)].map(([, number]) => Number(number))).toEqual(numbers);
  expect(written).toMatch(/^\| 8 empty tasks, 20: sheaf submit, 2 slots: at most 0\.35 ms each/m);
});

test('a section takes the place of the one with its heading, and bars of all are told together', () => {
  const path = join(temporaryFolder(), 'RESULTS.md');
  writeSection(path, '2 second', '| asked | found |        |\n| ----- | ----: | -----: |\n| fast  |   1 s | MISSED |');
  writeSection(path, '1 first', 'nothing is asked');
  writeSection(path, '2 second', '| asked | found |      |\n| ----- | ----: | ---: |\n| fast  | 0.5 s | held |');
  const [, ...sections] = readFileSync(path, 'utf8').split(/^## /m);
  expect(sections.map(section => section.split('\n', 1)[0])).toEqual(['All bars', '1 first', '2 second']);
  expect(sections[0]).toMatch(/^\| 2 second: fast +\| +0\.5 s \| +held \|$/m);
  expect(sections[0]).not.toContain('MISSED');
});

const figures = (seconds: number, bytes = 1): Figures => ({
  ...{ seconds, bytes, fastest: seconds, slowest: seconds, cpuSeconds: seconds, peakBytes: null, coordinatorBytes: null, runs: 3 },
});

test('bars are judged by the best of the others, and not where one was not measured', () => {
  const all: { readonly [name: string]: Figures } = { ours: figures(2), slow: figures(9), fast: figures(5), much: figures(30, 10) };
  const of = (name: string): Figures | null => all[name] ?? null;
  expect(timesFaster('ours', ['slow', 'fast'], 3).judge(of)).toEqual({ found: '2.50 ×', held: false });
  expect(timesFaster('ours', ['slow', 'missing'], 3).judge(of)).toEqual({ found: '4.50 ×', held: true });
  expect(timesFaster('ours', ['missing'], 3).judge(of)).toBe(null);
  expect(timesAtMost('fast', 'ours', 2.5).judge(of)).toEqual({ found: '2.50 ×', held: true });
  expect(timePerByte({ small: 'ours', large: 'much', idle: null }, [0.85, 1.6]).judge(of)).toEqual({ found: '1.50 ×', held: true });
  expect(timePerByte({ small: 'fast', large: 'much', idle: 'ours' }, [0.85, 1.15]).judge(of)).toEqual({ found: '0.93 ×', held: true });
  const scaling = { name: 'job', one: 'slow', two: 'fast', idleOne: 'ours', idleTwo: 'ours' };
  expect(speedUp(scaling, 1.7).judge(of)).toEqual({ found: '2.33 ×', held: true });
});

test('wrong results are found', async () => {
  const folder = temporaryFolder();
  const data = new DataFolder(folder);
  const out = join(folder, 'out');
  const lines = data.file('lines', 0.01);
  const sorted = readFileSync(lines.path, 'latin1').split('\n').slice(0, -1).sort();
  const write = (of: readonly string[]): void => writeFileSync(out, of.map(line => `${line}\n`).join(''));
  write(sorted);
  await checkSorted(folder, lines);
  write(sorted.with(3, sorted[4]!).with(4, sorted[3]!));
  await expect(checkSorted(folder, lines)).rejects.toThrow('1 lines stand behind a larger one, not 0');
  write(sorted.slice(1));
  await expect(checkSorted(folder, lines)).rejects.toThrow('99 lines were sorted, not 100');
  write(sorted.with(3, sorted[4]!));
  await expect(checkSorted(folder, lines)).rejects.toThrow('sum of the lines');
  write(['word\t7']);
  await expect(checkWordCount(folder, data.file('words', 0.01))).rejects.toThrow('7 words were counted');
  await expect(checkIndex(folder, data.file('documents', 0.01))).rejects.toThrow('1 words are in the index');
  write(['user,total,n', '3,1.5,2']);
  await expect(checkSumsByUser(folder, data.tables(100))).rejects.toThrow('1 sums, not 10');
});

test('what cannot be understood on the command line is refused', () => {
  expect(readArguments([])).toMatchObject({ kind: 'speed', rounds: 3, peerRounds: 3, only: null, install: true });
  expect(readArguments(['speed', '--only', '2,5', '--peer-rounds', '1'])).toMatchObject({ only: [2, 5], rounds: 3, peerRounds: 1 });
  expect(readArguments(['quick', '--on', 'disk'])).toMatchObject({ rounds: 1, place: 'disk', install: false });
  for (const wrong of [['fast'], ['speed', 'more'], ['--only', 'x'], ['--rounds', '0'], ['--on', 'paper'], ['--unknown']]) {
    expect(readArguments(wrong)).toBe(null);
  }
});
