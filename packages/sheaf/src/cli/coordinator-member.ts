// The coordinator of a simulated cluster, as a program.

import { runMember } from './member.ts';
import { runCoordinator } from './serve-coordinator.ts';

runMember(({ directory, port }, context) =>
  runCoordinator({ stateDir: directory, host: '127.0.0.1', port, name: [], member: true, json: true, logLevel: 'info' }, context),
);
