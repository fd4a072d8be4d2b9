// A log holds the first and the last half of its limit whatever is written in whatever pieces; the worker's limit holds too.

import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { type AttemptId, attemptIdOf, epochOf, parseJobId } from '@sheaf/protocol';
import { describe, expect, it } from 'vitest';
import { AttemptLogs } from '../../../packages/worker/src/host/attempt-logs.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const attempt = (counter: number): AttemptId => attemptIdOf(epochOf(1), counter);
const name = (counter: number) => ({ job, stage: 0, task: 0, attempt: attempt(counter) });

/** What a log of at most `max` bytes should say of `all`. */
function expected(all: Buffer, max: number): Buffer {
  if (all.length <= max) return all;
  const head = Math.floor(max / 2);
  const gap = Buffer.from(`\n… ${all.length - max} bytes are left out here …\n`);
  return Buffer.concat([all.subarray(0, head), gap, all.subarray(all.length - (max - head))]);
}

describe('the log of an attempt', () => {
  test.prop([fc.integer({ min: 2, max: 40 }), fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 12 })])(
    'is the first and the last half of what was printed',
    (bytesPerAttemptMax, chunks) => {
      const logs = new AttemptLogs(temporaryFolder(), { bytesPerAttemptMax, bytesPerWorkerMax: 1_000_000 });
      const log = logs.open(name(1));
      for (const chunk of chunks) log.write(chunk);
      expect(log.read()).toEqual(expected(Buffer.concat(chunks), bytesPerAttemptMax));
      log.close();
      expect(logs.read(attempt(1), 1_000_000)).toBe(expected(Buffer.concat(chunks), bytesPerAttemptMax).toString('utf8'));
    },
  );

  it('is read from its end when less is asked for', () => {
    const logs = new AttemptLogs(temporaryFolder());
    logs.open(name(1)).write(Buffer.from('one two three'));
    expect(logs.read(attempt(1), 5)).toBe('three');
    expect(logs.read(attempt(2), 5)).toBe('');
  });

  it('makes no file when nothing is printed', () => {
    const folder = temporaryFolder();
    const logs = new AttemptLogs(folder);
    logs.open(name(1)).close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('goes when others need the room, the oldest first, never one that is open', () => {
    const folder = temporaryFolder();
    const logs = new AttemptLogs(folder, { bytesPerAttemptMax: 100, bytesPerWorkerMax: 250 });
    const open = logs.open(name(1));
    open.write(Buffer.alloc(100, 'a'));
    for (const counter of [2, 3, 4]) {
      const log = logs.open(name(counter));
      log.write(Buffer.alloc(100, 'b'));
      log.close();
    }
    expect(logs.read(attempt(1), 1000).length).toBe(100);
    expect(logs.read(attempt(2), 1000)).toBe('');
    expect(existsSync(join(folder, job, '1.2.log'))).toBe(false);
    expect(logs.read(attempt(4), 1000).length).toBe(100);
    const sizes = readdirSync(join(folder, job)).map(file => statSync(join(folder, job, file)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(250);
  });

  it('is given up when it cannot be written', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const logs = new AttemptLogs(file);
    const log = logs.open(name(1));
    log.write(Buffer.from('lost'));
    expect(log.closed).toBe(true);
    expect(logs.read(attempt(1), 100)).toBe('');
  });
});
