// A worker of a simulated cluster, as a program. It reads the coordinator's address from its standard input, and starts its first
// executor before it loads what a worker is made of.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultSettings } from '@sheaf/protocol/graph';
import { EarlyExecutor } from '@sheaf/worker/executor-start';

const executorPath = join(dirname(fileURLToPath(import.meta.url)), 'executor.cjs');
const early = new EarlyExecutor({ executorPath, heapMb: defaultSettings.heapMb });

void Promise.all([import('./member.ts'), import('./serve-worker.ts')]).then(([{ runMember }, { runWorker }]) =>
  runMember(({ directory, blobs, slots, standing }, context) =>
    runWorker(
      {
        ...{ coordinator: '-', slots, dir: directory, port: 0, label: [], member: true, json: true, logLevel: 'info', early, standing },
        ...(blobs === undefined ? {} : { blobs }),
      },
      context,
    ),
  ),
);
