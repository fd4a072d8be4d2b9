// Lines as they are printed in pieces, and how many of them are passed on.

import { limits, parseJobId } from '@sheaf/protocol';
import { expect, test } from 'vitest';
import { PrintedLines } from '../../../packages/worker/src/host/printed-lines.ts';

const attempt = { job: parseJobId('jaaaaaaaaaaaa'), stage: 0, task: 3, attempt: '1.1' as never };

function listening(): { lines: string[]; leftOut: () => number; printed: PrintedLines } {
  const lines: string[] = [];
  let left = 0;
  const printed = new PrintedLines({
    line: (_, text) => lines.push(text),
    leftOut: count => {
      left += count;
    },
  });
  return { lines, leftOut: () => left, printed };
}

test('lines come whole, whatever pieces they are printed in', () => {
  const { lines, printed } = listening();
  const sink = printed.open(attempt);
  for (const byte of Buffer.from('één\r\n\nzwei\nlast')) sink.write(Uint8Array.of(byte));
  expect(lines).toEqual(['één', '', 'zwei']);
  sink.close();
  sink.close();
  expect(lines).toEqual(['één', '', 'zwei', 'last']);
});

test('a line is cut, also one that never ends', () => {
  const { lines, printed } = listening();
  const sink = printed.open(attempt);
  for (let i = 0; i < 10; i++) sink.write(Buffer.from('x'.repeat(limits.printedLineCharsMax)));
  sink.close();
  expect(lines).toEqual([`${'x'.repeat(limits.printedLineCharsMax)}…`]);
});

test('more than so many a second are counted, not told', () => {
  const { lines, leftOut, printed } = listening();
  const many = limits.printedLinesPerSecondMax + 50;
  const sinks = [printed.open(attempt), printed.open({ ...attempt, task: 4 })];
  for (const sink of sinks) sink.write(Buffer.from('line\n'.repeat(many)));
  printed.close();
  expect(lines.length + leftOut()).toBe(2 * many);
  expect(leftOut()).toBeGreaterThan(0);
  printed.close();
  expect(lines.length + leftOut()).toBe(2 * many);
});
