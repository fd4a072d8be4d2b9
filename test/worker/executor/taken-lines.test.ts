// Lines that go into an arena from where they lie, against the same lines sent one by one through the function of their key: the run
// files have the same bytes. And which functions are taken at their word.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { runWriterBytes, type Select, type Shuffle } from '@sheaf/protocol/graph';
import { LineDecoder } from '@sheaf/storage';
import { afterAll, describe, expect } from 'vitest';
import { TakenLines } from '../../../packages/worker/src/executor/input/taken-lines.ts';
import { Progress } from '../../../packages/worker/src/executor/progress.ts';
import { EdgeWriter } from '../../../packages/worker/src/executor/shuffle/edge-writer.ts';
import { lineCutOf } from '../../../packages/worker/src/executor/steps/line-cuts.ts';
import { jobOfFunctions, testAttempt, testJobId } from './shuffle.ts';

type Pick = (line: string) => unknown;

const cuts: readonly Pick[] = [
  line => line.slice(0, 10),
  line => line.slice(3),
  line => line.slice(2, 40),
  line => line.substring(5, 1),
  line => line.slice(7, 2),
  line => line.slice(0, 100_000),
  line => line,
];
const job = jobOfFunctions([...cuts]);
const folder = mkdtempSync(join(tmpdir(), 'sheaf-taken-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

const functionSelect = (index: number): Select => ({ type: 'function', function: { role: 'key', index, code: '' } });
const shuffleOf = (select: Select, keyOnly: boolean): Shuffle => ({
  ...{ key: [{ select, desc: false }], group: 1, value: { type: keyOnly ? 'none' : 'record' } },
  ...{ combine: null, partitioner: { type: 'hash' } },
});

interface Case {
  readonly content: Uint8Array;
  readonly shuffle: Shuffle;
  readonly cuts?: readonly number[];
  readonly chunk?: number;
  readonly regionBytes?: number;
}

interface Told {
  readonly run: string;
  readonly spills: number;
  readonly records: number;
  readonly position: object | null;
  readonly invalidUtf8: number;
  readonly error: string | null;
}

/** Lines that were delivered to a function, so that a test can tell that the two ways are two. */
let delivered = 0;

function told({ content, shuffle, cuts: borders = [], chunk = 65_536, regionBytes = 1_400_000 }: Case, taken: boolean): Told {
  const { memory } = job;
  memory.reset();
  const window = memory.reserve(1_200_000);
  const blocks = memory.reserve(runWriterBytes);
  const region = memory.reserve(regionBytes);
  const progress = new Progress(() => {});
  const path = join(folder, 'run');
  const edge = new EdgeWriter({
    ...{ job, edge: { type: 'shuffle', from: 0, to: 1, shuffle }, partitions: 3, region, blocks, path, progress },
    ids: { job: testJobId, stage: 0, task: 0, attempt: testAttempt, edge: 0 },
    recordBytesMax: 1_000_000,
    tooLarge: () => {
      throw new RangeError('too large');
    },
  });
  const decoder = new LineDecoder({ type: 'text', unit: 'line' }, 1_000_000);
  if (taken) decoder.giveLines(new TakenLines(memory, edge.lines!, progress));
  const each = (line: unknown): void => {
    edge.add(line);
    progress.tick();
    delivered++;
  };
  const places = [0, ...[...borders].sort((a, b) => a - b), content.length];
  try {
    for (let i = 0; i + 1 < places.length; i++) {
      let start = decoder.begin({ file: 'book', from: places[i]!, to: places[i + 1]! });
      let stop = start;
      for (let final = false; !decoder.done && !final; ) {
        stop = Math.min(content.length, stop + chunk);
        final = stop === content.length;
        memory.bytes.fill(0x0a, window.from, window.from + stop - start + 50);
        memory.bytes.set(content.subarray(start, stop), window.from);
        start += decoder.decode(memory.bytes, window.from, window.from + stop - start, final, each) - window.from;
      }
    }
  } catch (error) {
    edge.abandon();
    const { position, invalidUtf8 } = decoder;
    const { message } = error as Error;
    return { run: '', spills: edge.counts.spills, records: progress.records, position: { ...position }, invalidUtf8, error: message };
  }
  const { hash } = edge.finish().output;
  const run = `${hash} ${readFileSync(path).toString('hex')}`;
  const { record } = decoder.position;
  return {
    run,
    spills: edge.counts.spills,
    records: progress.records,
    position: { record },
    invalidUtf8: decoder.invalidUtf8,
    error: null,
  };
}

function check(one: Case): Told {
  const lines = told(one, true);
  expect(lines).toEqual(told(one, false));
  return lines;
}

const piece = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'x'.repeat(9),
    'x'.repeat(10),
    'y'.repeat(15),
    'y'.repeat(16),
    'z'.repeat(63),
    'z'.repeat(64),
    'w'.repeat(300),
  ),
  fc.constantFrom('\u0000', '\u0001', '\u0002', '\u0000\u0001', '\r', '\t', '\u007f', ' '),
  fc.constantFrom('é', '😀', 'na\u00efve', '\u2028', '\ufeff'),
  fc.string({ maxLength: 20 }).map(text => text.replaceAll('\n', ' ')),
);
const line = fc
  .tuple(fc.array(piece, { maxLength: 3 }), fc.constantFrom('\n', '\n', '\n', '\r\n'))
  .map(([parts, end]) => parts.join('') + end);
const broken = fc.constantFrom([0xff, 0x0a], [0xc2], [0xe2, 0x80]).map(list => Buffer.from(list));
const bytes = fc.oneof({ weight: 60, arbitrary: line.map(text => Buffer.from(text)) }, { weight: 1, arbitrary: broken });
const content = fc
  .tuple(fc.boolean(), fc.array(bytes, { maxLength: 120, size: 'max' }), fc.boolean())
  .map(([mark, list, ended]) => Buffer.concat([Buffer.from(mark ? '\ufeff' : ''), ...list, Buffer.from(ended ? 'last' : '')]));
const select = fc.oneof(fc.nat(cuts.length - 1).map(functionSelect), fc.constant<Select>({ type: 'record' }));

describe('lines that are taken from where they lie', () => {
  const reading = fc.record({
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    chunk: fc.integer({ min: 1, max: 3_000 }),
  });
  test.prop([content, select, fc.boolean(), reading], { numRuns: 300 })(
    'make the run that they make one by one',
    (file, of, keyOnly, how) => {
      const borders = how.cuts.map(share => Math.floor(share * file.length));
      check({ content: file, shuffle: shuffleOf(of, keyOnly), cuts: borders, chunk: how.chunk });
    },
  );

  test('are spilled where they are one by one, and all but those that are not ASCII are taken', () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `${(i * 7_919) % 10_007} ${'-'.repeat(i % 150)}${i % 1_000 === 0 ? '' : 'é'}`);
    for (const regionBytes of [1_400_000, 1_410_000]) {
      delivered = 0;
      const file = Buffer.from(`${lines.join('\n')}\n\u00e9t\u00e9\n`);
      const { spills } = check({ content: file, shuffle: shuffleOf(functionSelect(0), false), cuts: [1_000_000], regionBytes });
      expect(spills).toBeGreaterThan(3);
      const short = lines.filter(text => /[^ -~]/.test(text.slice(0, 10))).length + 1;
      expect(delivered).toBe(lines.length + 1 + short);
    }
  });

  test('are refused with their place when key or record is too large', () => {
    const first = `one\n${'x'.repeat(65_533)}\u0001\ntwo\n`;
    expect(check({ content: Buffer.from(first), shuffle: shuffleOf({ type: 'record' }, true) }).error).toMatch(/key/);
    const second = `one\n\n${'x'.repeat(950_000)}\ntwo\n`;
    const { error, position } = check({ content: Buffer.from(second), shuffle: shuffleOf(functionSelect(0), false), chunk: 1_100_000 });
    expect(error).toBe('too large');
    expect(position).toMatchObject({ offset: 5, record: 2 });
  });
});

describe('a function that cuts its line', () => {
  const cutOf = (source: string): unknown => {
    const made = new Function(`return (${source});`)() as Pick;
    return lineCutOf(functionSelect(0), { ...job, functions: [made] });
  };

  test('is known by its text', () => {
    for (const source of [
      'line => line.slice(0, 10)',
      '(record2) => record2.slice(0, 10)',
      '( $a )=>$a.substring( 0 ,10 )',
      'function (l) { return l.slice(0, 10) }',
      'function by(l) {\n  return l.slice(0, 10);\n}',
      'l => { return l.substring(10, 0); }',
    ]) {
      expect(cutOf(source), source).toEqual({ from: 0, to: 10 });
    }
    expect(cutOf('l => l')).toEqual({ from: 0, to: null });
    expect(cutOf('l => l.slice(4)')).toEqual({ from: 4, to: null });
    expect(cutOf('l => l.slice(4, 2)')).toEqual({ from: 4, to: 4 });
    expect(cutOf('l => l.substring(4, 2)')).toEqual({ from: 2, to: 4 });
  });

  test('is called when it says anything else', () => {
    for (const source of [
      'line => other.slice(0, 10)',
      'line => line.slice(0, -10)',
      'line => line.slice(0, 1.5)',
      'line => line.slice(0, 1e9)',
      'line => line.slice(0, n)',
      'line => line.slice(0, 10).toLowerCase()',
      'line => line.slice(0, 10) + 1',
      '(line, other) => line.slice(0, 10)',
      '(line = "") => line.slice(0, 10)',
      '({ line }) => line',
      'async line => line',
      'line => { line.slice(0, 10) }',
      'line => { return\nline }',
      'function line(other) { return line }',
      'function* (line) { return line }',
      'class { static line(line) { return line } }.line',
      '(line => line).bind(null)',
    ]) {
      expect(cutOf(source), source).toBeNull();
    }
  });
});
