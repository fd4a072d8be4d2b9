// The oracle itself, on inputs small enough to know the answer by hand.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FilesOutput } from '@sheaf/storage';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OracleJob, oracle, textOf } from './oracle.ts';

const text: FilesOutput = { type: 'files', folder: 'out', format: 'text', options: {} };
const jsonl: FilesOutput = { ...text, format: 'jsonl' };
const lines = { type: 'text', unit: 'line' } as const;
const one = { type: 'fixed', count: 1 } as const;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  writeFileSync(join(folder, 'a.txt'), 'to be or not\nto be\n');
  writeFileSync(join(folder, 'b.txt.gz'), gzipSync('be\r\n\r\nor not'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function* words(line: string): Iterable<[string, number]> {
  for (const word of line.split(/\s+/)) if (word !== '') yield [word, 1];
}
function* total(word: string, counts: Iterable<number>): Iterable<[string, number]> {
  let sum = 0;
  for (const count of counts) sum += count;
  yield [word, sum];
}
const wordCount = (): OracleJob => ({
  inputs: [{ read: { paths: ['a.txt', 'b.txt.gz'], format: lines }, map: words }],
  reduce: total,
  output: text,
  cwd: folder,
});
const sortedLines = (parts: ReadonlyMap<string, Buffer>): string[] => textOf(parts).split('\n').slice(0, -1).sort();

describe('the oracle', () => {
  test('counts words, in two parts, each in the order of its keys', async () => {
    const parts = await oracle(wordCount());
    expect([...parts.keys()]).toEqual(['part-00000.txt', 'part-00001.txt']);
    expect(sortedLines(parts)).toEqual(['be\t3', 'not\t2', 'or\t2', 'to\t2']);
    for (const part of parts.values()) {
      const keys = part.toString().split('\n').slice(0, -1);
      expect(keys).toEqual([...keys].sort());
    }
    expect(await oracle({ ...wordCount(), partitions: one })).toEqual(
      new Map([['part-00000.txt', Buffer.from('be\t3\nnot\t2\nor\t2\nto\t2\n')]]),
    );
  });

  test('a combiner changes nothing but how many values reduce sees', async () => {
    const seen: number[] = [];
    const reduce = (word: string, counts: Iterable<number>): Iterable<[string, number]> => {
      const values = [...counts];
      seen.push(values.length);
      return total(word, values);
    };
    const parts = await oracle({ ...wordCount(), reduce, combine: (a: number, b: number) => a + b });
    expect(parts).toEqual(await oracle(wordCount()));
    expect(seen).toEqual([1, 1, 1, 1]);
  });

  test('orders values by sort key, equal ones by task and record, across inputs', async () => {
    const map = (record: readonly [string, number, string]): Iterable<[string, object]> => [
      [record[0], { at: record[1], name: record[2] }],
    ];
    const job: OracleJob = {
      inputs: [
        {
          read: {
            items: [
              ['k', 2, 'a'],
              ['k', 1, 'b'],
              ['j', 9, 'c'],
            ],
          },
          map,
        },
        {
          read: {
            items: [
              ['k', 1, 'd'],
              ['k', 2, 'e'],
            ],
          },
          map,
        },
      ],
      reduce: (key, values) => [[key, [...values].map(value => value.name).join('')]],
      partitions: one,
      output: jsonl,
    };
    expect(textOf(await oracle({ ...job, sortValuesBy: value => value.at }))).toBe('["j","c"]\n["k","bdae"]\n');
    expect(textOf(await oracle({ ...job, sortValuesBy: value => value.at, desc: true }))).toBe('["j","c"]\n["k","aebd"]\n');
    expect(textOf(await oracle(job))).toBe('["j","c"]\n["k","abde"]\n');
  });

  test('without reduce each task has its part, also an empty one', async () => {
    const output = text;
    const parts = await oracle({ inputs: [{ read: { items: ['x', 'y'] }, map: item => (item === 'x' ? [] : [item, 'again']) }], output });
    expect([...parts].map(([name, bytes]) => [name, bytes.toString()])).toEqual([
      ['part-00000.txt', ''],
      ['part-00001.txt', 'y\nagain\n'],
    ]);
  });

  test('keys of all types are groups of their own, in their order; −0 is 0', async () => {
    const keys = [['b'], 'b', 5n, -0, null, '5', 0, true, new Date(0), 5, new Uint8Array([1]), 'B', '\u{1f600}', '\uffff'];
    const job: OracleJob = {
      inputs: [{ read: { items: keys }, map: key => [[key, 1]] }],
      reduce: total,
      partitions: one,
      output: jsonl,
    };
    expect(textOf(await oracle(job)).split('\n')).toEqual([
      '[null,1]',
      '[true,1]',
      '[0,2]',
      '[5,1]',
      '[5,1]',
      '["5",1]',
      '["B",1]',
      '["b",1]',
      '["\uffff",1]',
      '["\u{1f600}",1]',
      '["1970-01-01T00:00:00.000Z",1]',
      '["AQ==",1]',
      '[["b"],1]',
      '',
    ]);
  });

  test('takes a partitioner of the job', async () => {
    const parts = await oracle({ ...wordCount(), partitions: { type: 'fixed', count: 3 }, partition: word => (word === 'be' ? 2 : 0) });
    expect([...parts.values()].map(String)).toEqual(['not\t2\nor\t2\nto\t2\n', '', 'be\t3\n']);
  });
});
