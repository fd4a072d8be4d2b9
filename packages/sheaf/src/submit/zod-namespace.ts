// `import { z } from 'zod'` brings all of zod, as nobody can tell what is used of an object: five times what a job with a few schemas
// needs, which every executor would read and run before its first task. As `import * as z` it is a namespace, of which a bundle
// has what the job names. That is the same where zod's `z` is just that namespace, which is looked up.

import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { Loader, OnLoadResult, Plugin, PluginBuild } from 'esbuild';

const loaders: { readonly [ending: string]: Loader } = {
  ...{ '.ts': 'ts', '.mts': 'ts', '.cts': 'ts', '.tsx': 'tsx' },
  ...{ '.js': 'js', '.mjs': 'js', '.cjs': 'js', '.jsx': 'jsx' },
};
/** Whole statements, each on a line of its own. */
const imports = /^import \{ ?z ?\} from (['"])zod\1;?$/gm;

/** Makes the `z` that modules of the user import from zod a namespace. */
export const zodAsNamespace: Plugin = {
  name: 'zod-as-namespace',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: 'file' }, ({ path }) => loaded(build, path));
  },
};

async function loaded(build: PluginBuild, path: string): Promise<OnLoadResult | undefined> {
  const loader = loaders[extname(path)];
  if (loader === undefined || /[\\/]node_modules[\\/]/.test(path)) return undefined;
  const text = await readFile(path, 'utf8').catch(() => '');
  // As long as it was, so that columns stay.
  const contents = text.replace(imports, line => line.replace(/\{ ?z ?\}/, names => '*as z'.padEnd(names.length)));
  if (contents === text || !(await exportsItsNamespace(build, path))) return undefined;
  return { contents, loader };
}

async function exportsItsNamespace(build: PluginBuild, importer: string): Promise<boolean> {
  const { path, errors } = await build.resolve('zod', {
    importer,
    kind: 'import-statement',
    namespace: 'file',
    resolveDir: dirname(importer),
  });
  if (errors.length > 0) return false;
  const text = await readFile(path, 'utf8').catch(() => '');
  const of = /^import \* as z from (["'][^"']+["']);$/m.exec(text)?.[1];
  return of !== undefined && text.includes(`\nexport * from ${of};\n`) && /^export \{ z[ ,}]/m.test(text);
}
