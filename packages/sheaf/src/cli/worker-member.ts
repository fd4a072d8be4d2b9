// A worker of a simulated cluster, as a program. It reads the coordinator's address from its standard input.

import { runMember } from './member.ts';
import { runWorker } from './serve-worker.ts';

runMember(({ directory, blobs, slots }, context) =>
  runWorker(
    {
      coordinator: '-',
      slots,
      dir: directory,
      port: 0,
      label: [],
      ...(blobs === undefined ? {} : { blobs }),
      member: true,
      json: true,
      logLevel: 'info',
    },
    context,
  ),
);
