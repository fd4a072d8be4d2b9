// Words that are counted from where they lie, against the same words added one by one: the run files have the same bytes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { runWriterBytes, type Shuffle } from '@sheaf/protocol/graph';
import { LineDecoder } from '@sheaf/storage';
import { afterAll, describe, expect } from 'vitest';
import { KeyTooLarge } from '../../../packages/worker/src/data/bad-key.ts';
import { CountedWords } from '../../../packages/worker/src/executor/input/counted-words.ts';
import { Progress } from '../../../packages/worker/src/executor/progress.ts';
import { EdgeWriter, type SpillCounts } from '../../../packages/worker/src/executor/shuffle/edge-writer.ts';
import { jobOfFunctions, testAttempt, testJobId } from './shuffle.ts';

const job = jobOfFunctions([]);
const folder = mkdtempSync(join(tmpdir(), 'sheaf-counted-words-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shuffle: Shuffle = {
  ...{ key: [{ select: { type: 'record' }, desc: false }], group: 1, value: { type: 'constant', value: 1 } },
  ...{ combine: { type: 'built-in', name: 'sum' }, partitioner: { type: 'hash' } },
};

interface Case {
  readonly content: Uint8Array;
  readonly cuts: readonly number[];
  readonly chunk: number;
  readonly regionBytes?: number;
}

interface Told {
  readonly run: string;
  readonly counts: SpillCounts;
  readonly records: number;
  readonly position: object | null;
  readonly invalidUtf8: number;
  readonly error: string | null;
}

function told({ content, cuts, chunk, regionBytes = 1_400_000 }: Case, counted: boolean): Told {
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
  const decoder = new LineDecoder({ type: 'text', unit: 'word' }, 1_000_000);
  if (counted) decoder.giveWords(new CountedWords(memory, edge.texts!, progress));
  const borders = [0, ...[...cuts].sort((a, b) => a - b), content.length];
  const count = (add: () => void): void => {
    add();
    progress.tick();
  };
  const eachBytes = (from: number, to: number): void => count(() => edge.addText!(from, to));
  try {
    for (let i = 0; i + 1 < borders.length; i++) {
      let start = decoder.begin({ file: 'book', from: borders[i]!, to: borders[i + 1]! });
      let stop = start;
      for (let final = false; !decoder.done && !final; ) {
        stop = Math.min(content.length, stop + chunk);
        final = stop === content.length;
        memory.bytes.fill(0x61, window.from, window.from + stop - start + 50);
        memory.bytes.set(content.subarray(start, stop), window.from);
        const bounds = { begin: window.from, end: window.from + stop - start, final };
        start += decoder.decodeBytes(memory.bytes, bounds, eachBytes, word => count(() => edge.add(word))) - window.from;
      }
    }
  } catch (error) {
    edge.abandon();
    if (!(error instanceof KeyTooLarge)) throw error;
    const { position, invalidUtf8 } = decoder;
    return { run: '', counts: edge.counts, records: progress.records, position: { ...position }, invalidUtf8, error: error.message };
  }
  const { hash } = edge.finish().output;
  const run = `${hash} ${readFileSync(path).toString('hex')}`;
  return { run, counts: edge.counts, records: progress.records, position: null, invalidUtf8: decoder.invalidUtf8, error: null };
}

function check(one: Case): Told {
  const words = told(one, true);
  expect(words).toEqual(told(one, false));
  return words;
}

const word = fc.oneof(
  fc.constantFrom('a', 'ab', 'abc', 'abcd', 'abcde', 'x'.repeat(15), 'x'.repeat(16), 'y'.repeat(17), 'y'.repeat(33), 'z'.repeat(1_025)),
  fc.constantFrom(
    'été',
    '😀',
    'na\u00efve',
    '\u0085',
    '\u200b',
    '\u0000',
    '\u0001',
    'a\u0002b',
    '\u001f',
    '\u007f',
    '\u3001',
    '\u00c3\u00a0',
  ),
  fc.integer({ min: 0, max: 3_000 }).map(n => `w${n}`),
);
const space = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '\n',
  '\n',
  '\r\n',
  '\r',
  '\t',
  '\u000b',
  '\f',
  '  \n',
  '\u00a0',
  '\u2003',
  '\u3000',
  '\ufeff',
  '\u2028',
);
const bytes = fc.tuple(word, space).map(parts => Buffer.from(parts.join('')));
const broken = fc.constantFrom([0xff], [0xc2], [0xe2, 0x80]).map(list => Buffer.from(list));
const contentOf = (part: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.boolean(), fc.array(part, { maxLength: 300, size: 'max' }), fc.boolean())
    .map(([mark, list, ended]) => Buffer.concat([Buffer.from(mark ? '\ufeff' : ''), ...list, Buffer.from(ended ? '\n' : '')]));
const reading = fc.record({
  cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  chunk: fc.integer({ min: 1, max: 3_000 }),
});

describe('words that are counted from where they lie', () => {
  const content = fc.oneof(contentOf(bytes), contentOf(fc.oneof({ weight: 50, arbitrary: bytes }, { weight: 1, arbitrary: broken })));

  test.prop([content, reading], { numRuns: 200 })('make the run that they make one by one', (file, { cuts, chunk }) => {
    check({ content: file, cuts: cuts.map(share => Math.floor(share * file.length)), chunk });
  });

  test('are found in a table that grows, and that is spilled on the way', () => {
    const list = Array.from({ length: 200_000 }, (_, i) => `w${(i * 7_919) % 60_000}${i % 9 === 0 ? '\n' : ' '}`);
    const content = Buffer.from(`${list.join('')}\n`);
    const whole = check({ content, cuts: [], chunk: 1_000_000, regionBytes: 12_000_000 });
    expect(whole.counts).toMatchObject({ spills: 1, combinedRecords: 140_000 });
    const spilled = check({ content, cuts: [500_000], chunk: 100_000, regionBytes: 2_000_000 });
    expect(spilled.counts.spills).toBeGreaterThan(5);
  });

  test('are refused with their line when they are too long for a key', () => {
    const content = Buffer.from(`one two\nthree\nfour ${'x'.repeat(70_000)} five\nsix\n`);
    const { error, position } = check({ content, cuts: [], chunk: 200_000 });
    expect(error).toMatch(/key/);
    expect(position).toMatchObject({ offset: 14, record: 4 });
  });

  test('are at the beginning of the memory, too', () => {
    check({ content: Buffer.from('a\nb a\n'), cuts: [], chunk: 100 });
  });
});
