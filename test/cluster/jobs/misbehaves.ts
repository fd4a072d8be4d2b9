// User code that goes wrong in one of many ways, at the line of its input that says so, or in setup.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

const hoard: unknown[] = [];

const ways: { readonly [way: string]: () => unknown } = {
  'throws an error': () => {
    throw new RangeError('this line is out of range');
  },
  'throws a string': () => {
    throw 'just a string';
  },
  'exits with 0': () => process.exit(0),
  'exits with 3': () => process.exit(3),
  'takes all memory': () => {
    for (;;) hoard.push(Array.from({ length: 10_000 }, (_, at) => ({ at })));
  },
  'rejects and nobody waits': () => void Promise.reject(new Error('nobody waits for this')),
  'throws in a callback': () => void setImmediate(nowhere),
};

function nowhere(): never {
  throw new Error('nobody can catch this');
}

export default mapReduce({
  name: 'misbehaves',
  params: z.object({ in: z.string(), out: z.string(), gates: z.string().default(''), setup: z.string().default('') }),
  settings: { heapMb: 32 },
  setup: async ({ params }) => {
    if (params.setup === 'never settles') await new Promise(() => {});
    return null;
  },
  input: p => from.text(p.in),
  *map(line, { params, task, log }) {
    if (line === 'prints') {
      console.log('printed by console.log');
      console.error('printed by console.error');
      log.info('logged by log.info', { line });
    }
    if (line === 'fails once') {
      passGate(params.gates, task);
      if (task.attempt === 1) throw new Error('only the first attempt fails');
    }
    if (line === 'is killed once' && task.attempt === 1) process.kill(process.pid, 'SIGKILL');
    ways[line]?.();
    yield [line.length, line];
  },
  *reduce(length, lines) {
    for (const line of lines) {
      if (line === 'fails in reduce') throw new Error('this value cannot be reduced');
      yield [length, line];
    }
  },
  output: p => to.text(p.out),
});
