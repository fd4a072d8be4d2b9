// `npm run build`: makes packages/sheaf/dist, the folder that is published as the package `sheaf`, alone and complete:
// the command and the executor as bundles, the door with one set of declarations, and what little cannot be bundled as
// dependencies. Nothing in it refers to the workspace.

import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleSources } from './bundle-sources.mjs';
import { writeDeclarations } from './declarations.mjs';
import { noticesOf } from './notices.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dist = join(root, 'packages/sheaf/dist');

/** Native packages, and zod for job files that bring none of their own. */
const runtimeDependencies = ['esbuild', '@photostructure/sqlite', 'lz4-napi', 'zod'];

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const inputs = await bundleSources({ outdir: dist, sourcemap: false });
chmodSync(join(dist, 'cli.cjs'), 0o755);
// What a run from this folder leaves.
writeFileSync(join(dist, '.npmignore'), '.code-cache\n');

writeDeclarations({ root, door: 'packages/sheaf/src/index.ts', behind: ['packages/job/src', 'packages/protocol/src'], dist });
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
writeFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'), noticesOf(inputs, root));
for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md'])
  if (existsSync(join(root, file))) copyFileSync(join(root, file), join(dist, file));

function manifest() {
  const own = JSON.parse(readFileSync(join(root, 'packages/sheaf/package.json'), 'utf8'));
  const { name, version, description, type, license, engines } = own;
  return {
    name,
    version,
    description,
    type,
    license,
    engines,
    bin: { sheaf: './cli.cjs' },
    exports: { '.': { types: './index.d.ts', default: './index.mjs' }, './package.json': './package.json' },
    dependencies: Object.fromEntries(runtimeDependencies.map(dependency => [dependency, rangeOf(dependency)])),
  };
}

/** The range that some package of the workspace asks for: bundled code and dependency must be of one mind. */
function rangeOf(dependency) {
  for (const name of ['sheaf', 'coordinator', 'worker', 'protocol']) {
    const { dependencies } = JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), 'utf8'));
    if (dependencies?.[dependency]) return dependencies[dependency];
  }
  throw new Error(`no package of the workspace depends on ${dependency}`);
}
