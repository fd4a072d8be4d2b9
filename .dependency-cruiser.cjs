// The borders between packages, as ARCHITECTURE.md draws them: an arrow that is not in this table is refused.
// Beside the arrows: packages meet only through their `exports`, the pure cores import the protocol and themselves, no cycles.

/** Package → the packages of ours it may import. `folder/part` allows that part alone. */
const arrows = {
  protocol: [],
  job: ['protocol'],
  storage: ['protocol'],
  coordinator: ['protocol', 'storage'],
  worker: ['protocol', 'job', 'storage'],
  cluster: ['protocol', 'coordinator', 'worker'],
  simulator: ['protocol', 'coordinator/src/scheduler', 'worker/src/agent'],
  dashboard: ['protocol'],
  sheaf: ['protocol', 'job', 'storage', 'coordinator', 'worker', 'cluster', 'simulator', 'dashboard'],
  bench: ['sheaf', 'protocol', 'job', 'storage', 'coordinator', 'worker', 'cluster', 'simulator'],
};
const pureCores = ['coordinator/src/scheduler', 'worker/src/agent'];

const inPackages = names => `^packages/(${names.join('|')})/`;

const arrowRules = Object.entries(arrows).map(([name, allowed]) => ({
  name: `arrows-of-${name}`,
  comment: `${name} may import ${allowed.join(', ') || 'nothing of ours'}`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^packages/', pathNot: inPackages([name, ...allowed]) },
}));

const pureRules = pureCores.map(core => ({
  name: `pure-${core}`,
  comment: `${core} is a pure state machine: it may import @sheaf/protocol and itself`,
  severity: 'error',
  from: { path: `^packages/${core}/` },
  to: { pathNot: [`^packages/${core}/`, '^packages/protocol/'] },
}));

module.exports = {
  forbidden: [
    ...arrowRules,
    ...pureRules,
    {
      name: 'through-the-door',
      comment: 'another package is imported by its name, never by a path into its folder',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/$1/', dependencyTypes: ['local'] },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-worker-threads',
      comment: 'user code runs in child processes, so that it can hang or crash alone',
      severity: 'error',
      from: {},
      to: { path: '^(node:)?worker_threads$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
      mainFields: ['main', 'types'],
    },
  },
};
