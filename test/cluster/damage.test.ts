// A finished map output is damaged, cut or gone before anybody has read it, on the reader's own machine or on another one: it is
// found out, the map runs again, and the output is that of the inline run.

import { closeSync, openSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countedWords } from './harness/counted-words.ts';
import { filesBelow } from './harness/outputs.ts';
import { withCluster } from './harness/with-cluster.ts';

const words = countedWords();
const { input } = words;

/** Changes one bit in the middle of a file. */
function flipBit(path: string): void {
  const file = openSync(path, 'r+');
  const middle = Math.floor(statSync(path).size / 2);
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, middle);
  byte[0] = byte[0]! ^ 4;
  writeSync(file, byte, 0, 1, middle);
  closeSync(file);
}

const damages: readonly (readonly [how: string, damage: (path: string) => void])[] = [
  ['has a flipped bit', flipBit],
  ['is cut', path => truncateSync(path, Math.floor(statSync(path).size / 2))],
  ['is gone', path => rmSync(path)],
];

describe.each([
  ['of the same machine', ['a', 'a']],
  ['of another machine', ['a', 'b']],
])('an output %s', (_, machines) => {
  test.concurrent.each(damages)('that %s', (_, damage) =>
    withCluster({ workers: machines.map(machine => ({ machine })) }, async cluster => {
      const out = cluster.output('counts');
      cluster.gates.close('map-4', 'map-5');
      const run = cluster.submit('gated-count', { in: input, out });
      const owner = await cluster.workerAtGate('map-4');
      await cluster.workerAtGate('map-5');
      // Beside what is finished lies what a later life of the worker needs to offer it again.
      const finished = filesBelow(owner.directory).find(path => path.endsWith('/held.json'));
      damage(join(owner.directory, dirname(finished!), 'edge-0.run'));
      cluster.gates.open('map-4', 'map-5');
      await words.expectCounted(run, out);
      const begun = Object.values(cluster.gates.timesBegun('map'));
      expect(begun.reduce((a, b) => a + b)).toBe(7);
    }),
  );
});
