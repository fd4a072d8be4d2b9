// What the end of a process says of the attempt that ran in it.

import { describe, expect, it } from 'vitest';
import { type ProcessEnd, verdictOf } from '../../../packages/worker/src/host/verdict.ts';

const end = (of: Partial<ProcessEnd>): ProcessEnd => ({
  phase: 'running',
  code: null,
  signal: null,
  stderr: '',
  heapMb: 256,
  ended: null,
  exit: null,
  ...of,
});

describe('a verdict', () => {
  it.each<[string, Partial<ProcessEnd>, string]>([
    ['an exit is the job’s own, success too', { code: 0 }, 'E_EXIT'],
    ['an exit with a code', { code: 3 }, 'E_EXIT'],
    ['a signal', { signal: 'SIGBUS' }, 'E_CRASHED'],
    ['an abort without a word', { signal: 'SIGABRT' }, 'E_CRASHED'],
    ['V8 out of heap', { signal: 'SIGABRT', stderr: 'FATAL ERROR: Reached heap limit Allocation failed' }, 'E_OUT_OF_MEMORY'],
    ['V8 out of heap, trapped', { signal: 'SIGTRAP', stderr: 'JavaScript heap out of memory' }, 'E_OUT_OF_MEMORY'],
    ['an abort that a shell reports', { code: 134 }, 'E_OUT_OF_MEMORY'],
    ['killed while it talks of memory', { signal: 'SIGKILL', stderr: 'heap out of memory' }, 'E_CRASHED'],
    ['before it was ready', { phase: 'starting', code: 1 }, 'E_EXECUTOR_START'],
    ['too slow to be ready', { phase: 'starting', signal: 'SIGKILL', ended: 'it was not ready' }, 'E_EXECUTOR_START'],
    ['ended for what it did', { signal: 'SIGKILL', ended: 'it closed its channel' }, 'E_EXIT'],
  ])('%s', (_, of, code) => {
    expect(verdictOf(end(of)).code).toBe(code);
  });

  it('says where the job ended its process, when it could still say so', () => {
    const exit = { place: { file: '/in/a', offset: 7 }, stack: 'at map (job.ts:3:7)' };
    expect(verdictOf(end({ code: 3, exit }))).toMatchObject({ code: 'E_EXIT', record: exit.place, stack: exit.stack });
    expect(verdictOf(end({ code: 3, exit: { place: undefined, stack: '' } }))).toEqual(verdictOf(end({ code: 3 })));
  });

  it('carries the last words of the process', () => {
    expect(verdictOf(end({ code: 1, stderr: 'oh\nno\n' })).message).toContain('It wrote last: oh\nno');
  });
});
