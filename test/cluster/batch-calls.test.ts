// Batches whose calls go wrong on a cluster: one that is rejected names its first record, one that never settles is noticed.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withCluster } from './harness/with-cluster.ts';

test('a batch that is refused, and one that gets no answer', async () => {
  await withCluster({}, async cluster => {
    const failed = async (last: string): Promise<string> => {
      const out = cluster.output(last);
      const input = join(dirname(out), `${last}.txt`);
      // The second split begins at its second line.
      writeFileSync(input, `${'x'.repeat(100)}\ntwo\n${last}\n`);
      const { code, stderr } = await cluster.submitUngated('batch-calls', { in: input, out }).ended;
      expect(code).toBe(1);
      return stderr;
    };
    const refused = await failed('refused');
    expect(refused).toContain('RangeError: no answer');
    expect(refused).toContain('refused.txt:2');
    expect(await failed('silent')).toContain('a promise of the job never settled, and nothing was left to wait for');
  });
});
