// When packs come and go: an executor appends to one of its own for each stage, and a pack is deleted when nobody appends to it and
// nothing in it is kept, and not before.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { attemptIdOf, epochOf, parseJobId } from '@sheaf/protocol';
import { describe, expect, it } from 'vitest';
import { Packs } from '../../../packages/worker/src/host/packs.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const attempt = (counter: number) => attemptIdOf(epochOf(1), counter);

/** Runs an attempt in an executor, which appends to its pack. */
function run(packs: Packs, executor: number, { stage, counter }: { readonly stage: number; readonly counter: number }) {
  const pack = packs.open(executor, { job, stage });
  mkdirSync(dirname(pack.path), { recursive: true });
  writeFileSync(pack.path, 'runs');
  packs.keep(job, attempt(counter), pack.number);
  packs.ended(executor, stage);
  return pack;
}

describe('packs', () => {
  it('are one for each executor and stage, with numbers that no earlier life has used', () => {
    const packs = new Packs(temporaryFolder(), 4);
    const first = run(packs, 1, { stage: 0, counter: 1 });
    expect(first.number).toBe(5);
    expect(run(packs, 1, { stage: 0, counter: 2 })).toEqual(first);
    expect(run(packs, 2, { stage: 0, counter: 3 }).number).toBe(6);
    expect(run(packs, 1, { stage: 1, counter: 4 }).number).toBe(7);
  });

  it('are deleted with the last run that is kept in them, and a new one is begun', () => {
    const packs = new Packs(temporaryFolder(), 0);
    const { path } = run(packs, 1, { stage: 0, counter: 1 });
    run(packs, 1, { stage: 0, counter: 2 });
    expect([packs.drop(attempt(1)), existsSync(path)]).toEqual([true, true]);
    packs.open(1, { job, stage: 0 });
    expect([packs.drop(attempt(2)), existsSync(path)]).toEqual([true, true]);
    packs.keep(job, attempt(3), 1);
    packs.ended(1, 0);
    expect([packs.drop(attempt(3)), existsSync(path)]).toEqual([true, false]);
    expect(run(packs, 1, { stage: 0, counter: 4 }).number).toBe(2);
    expect(packs.drop(attempt(9))).toBe(false);
  });

  it('are left alone by an executor that is gone while runs in them are kept', () => {
    const packs = new Packs(temporaryFolder(), 0);
    const kept = run(packs, 1, { stage: 0, counter: 1 });
    packs.open(1, { job, stage: 1 });
    packs.gone(1);
    expect(existsSync(kept.path)).toBe(true);
    packs.drop(attempt(1));
    expect(existsSync(kept.path)).toBe(false);
  });
});
