// What worker and executor agree on while several attempts stand in line: which have begun, and whose prints are whose.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LineClaims, LineLedger } from '../../../packages/worker/src/executor/line-ledger.ts';
import { MarkedPrints } from '../../../packages/worker/src/executor/print-marks.ts';

function ledger(): LineLedger {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-line-'));
  const made = new LineLedger(folder);
  rmSync(folder, { recursive: true });
  onTestFinished(() => made.close());
  return made;
}

describe('a ledger of a line', () => {
  it('tells the worker what has begun, and the executor what it may not begin', () => {
    const worker = ledger();
    const executor = new LineClaims(worker.fd);
    expect(worker.begun()).toBe(0);
    expect(executor.begin(1)).toBe(true);
    expect(executor.begin(2)).toBe(true);
    expect(worker.withdraw(4)).toBe(2);
    expect(executor.begin(3)).toBe(false);
    expect(executor.begin(4)).toBe(false);
    expect(executor.begin(5)).toBe(true);
    expect(worker.begun()).toBe(5);
  });
});

const marked = fc.array(
  fc.oneof(
    fc.record({ attempt: fc.integer({ min: 1, max: 99 }).map(n => `1.${n}`) }),
    fc.record({ text: fc.string({ unit: fc.constantFrom('a', '\n', '\0', '\0sheaf', 'é', ' ') }) }),
  ),
  { maxLength: 20 },
);

/** What was printed, by the attempt that is marked for it. */
function heard(chunks: readonly Buffer[]): Map<string, string> {
  const prints = new Map<string, string>();
  let attempt = 'none';
  const stream = new MarkedPrints(
    bytes => prints.set(attempt, (prints.get(attempt) ?? '') + bytes.toString('latin1')),
    next => {
      attempt = next;
    },
  );
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return prints;
}

test.prop([marked, fc.array(fc.nat(400))])(
  'prints are those of the attempt in the mark before them, however they are cut',
  (parts, cuts) => {
    const expected = new Map<string, string>();
    let attempt = 'none';
    let all = '';
    for (const part of parts) {
      if ('attempt' in part) {
        attempt = part.attempt;
        all += `\0sheaf-attempt ${attempt}\0`;
      } else if (part.text !== '') {
        const bytes = Buffer.from(part.text, 'utf8').toString('latin1');
        expected.set(attempt, (expected.get(attempt) ?? '') + bytes);
        all += bytes;
      }
    }
    const bytes = Buffer.from(all, 'latin1');
    const at = [0, ...cuts.filter(cut => cut < bytes.length).sort((a, b) => a - b), bytes.length];
    const chunks = at.slice(1).map((to, i) => bytes.subarray(at[i], to));
    expect(heard(chunks)).toEqual(expected);
  },
);
