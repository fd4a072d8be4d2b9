// A job of two map tasks without a reduce, as a client would submit it, and what a worker would answer for its tasks.

import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JobId, parseJobId } from '@sheaf/protocol';
import { defaultSettings, type StageGraph } from '@sheaf/protocol/graph';
import type { Submission, TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import { stagedPath } from '@sheaf/storage';
import type { LiveCoordinator } from './live-coordinator.ts';

export const sampleJob: JobId = parseJobId('jsample000001');

export const mapOnly: StageGraph = {
  version: 1,
  job: 'copy',
  stages: [
    {
      name: 'map',
      tasks: { type: 'splits', inputs: [{ type: 'files', paths: ['in'], format: { type: 'text', unit: 'line' }, schema: null }] },
      outputs: [0],
      steps: [
        { type: 'read', input: 0 },
        { type: 'write', from: 0, output: 0 },
      ],
    },
  ],
  edges: [],
  outputs: [{ type: 'files', folder: 'out', format: 'text', options: {} }],
  settings: defaultSettings,
  onError: null,
};

/** Makes the input, uploads a bundle and gives a submission of `mapOnly` with changes. */
export async function sampleSubmission(live: LiveCoordinator, changes: Partial<Submission> = {}): Promise<Submission> {
  mkdirSync(join(live.directory, 'in'), { recursive: true });
  writeFileSync(join(live.directory, 'in', 'a.txt'), 'one\ntwo\n');
  writeFileSync(join(live.directory, 'in', 'b.txt'), 'three\n');
  const bundle = await live.upload(Buffer.from('export default 1;'));
  return {
    ...{ job: sampleJob, name: 'copy', bundle, sourceMap: null, graph: JSON.stringify(mapOnly), params: new Uint8Array([0xc0]) },
    ...{ cwd: live.directory, overwrite: false, spools: {}, ...changes },
  };
}

/** Does what the task of an assignment would: writes its part into staging. */
export function runSampleTask(assignment: TaskAssignment): TaskResult {
  const content = Buffer.from(`part of task ${assignment.task}\n`);
  const path = stagedPath(assignment.staging[0] ?? '', assignment.task, assignment.attempt, '.txt');
  writeFileSync(path, content);
  const counters = {
    ...{ recordsIn: 2, bytesIn: 8, recordsOut: 1, bytesOut: content.length, spills: 0, spilledBytes: 0, combinedRecords: 0 },
    ...{ groups: 0, skippedRecords: 0, invalidUtf8: 0, user: { seen: 1 } },
  };
  const sha256 = createHash('sha256').update(content).digest('hex');
  const part = { output: 0, token: path, bytes: content.length, records: 1, sha256 };
  return { outputs: [], parts: [part], counters, durationMs: 1, cpuMs: 1, peakRssBytes: 1 };
}
