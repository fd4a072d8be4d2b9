// A join holds one side of a key, and of it no more than a limit: 90 MB under one key go through a task of 16 MB and a small heap.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { partsOf } from './harness/outputs.ts';
import { withCluster } from './harness/with-cluster.ts';

test('a key with more values than memory is joined', async () => {
  await withCluster({}, async cluster => {
    const out = cluster.output('hot-join');
    const input = join(dirname(out), 'lines.txt');
    writeFileSync(input, Array.from({ length: 300 }, (_, i) => `line ${i % 100 === 0 ? i : `${i}x`}\n`).join(''));
    const { code, stderr } = await cluster.submitUngated('hot-join', { in: input, out }).ended;
    expect(code, stderr).toBe(0);
    const text = [...partsOf(out).values()].map(part => part.toString()).join('');
    expect(JSON.parse(text)).toEqual({ key: 'hot', pairs: 900_000, chars: 270_000_000, lines: 3 });
  });
});
