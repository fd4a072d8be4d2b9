// Run files for tests: a real header and footer around any bytes.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { encodeFooter, encodeRunHeader, type RunIds } from '../../../packages/worker/src/data/run-format.ts';

/** Writes a run file with `bodyBytes` bytes between header and footer; returns its size. */
export function writeRun(path: string, ids: RunIds, bodyBytes = 100): number {
  const header = encodeRunHeader(ids);
  const body = Buffer.alloc(bodyBytes, 'record');
  const file = Buffer.concat([header, body, encodeFooter({ stretches: [], blocks: [] }, header.length + body.length)]);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file);
  return file.length;
}
