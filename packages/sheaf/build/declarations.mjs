// The declarations of the door, made to stand alone: the compiler writes one .d.ts a source file, and of these the door
// and what it reaches are copied, with imports of @sheaf packages turned into relative ones.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Writes `dist/index.d.ts` for the source file `door`, and beside it, under `dist/types`, what it reaches in the folders `behind` it. */
export function writeDeclarations({ root, door, behind, dist }) {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const emitted = mkdtempSync(join(cache, 'sheaf-declarations-'));
  try {
    emit({ root, sources: [door, ...behind], emitted });
    const first = declarationOf(door);
    copyReached({ root, emitted, types: join(dist, 'types'), first });
    writeFileSync(join(dist, 'index.d.ts'), `export * from './types/${first.replace(/\.d\.ts$/, '.js')}';\n`);
  } finally {
    rmSync(emitted, { recursive: true, force: true });
  }
}

/** `npm run check` has judged the types; here they are only written down. */
function emit({ root, sources, emitted }) {
  const config = join(emitted, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    emitDeclarationOnly: true,
    outDir: emitted,
    rootDir: join(root, 'packages'),
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: sources.map(path => join(root, path)) }),
  );
  execFileSync(process.execPath, [join(root, 'node_modules/typescript7/bin/tsc'), '-p', config], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** `packages/job/src/index.ts` → `job/src/index.d.ts`, its place among the emitted files. */
function declarationOf(source) {
  return source.replace(/^packages\//, '').replace(/\.ts$/, '.d.ts');
}

function copyReached({ root, emitted, types, first }) {
  const queue = [first];
  const seen = new Set(queue);
  for (const path of queue) {
    const text = readFileSync(join(emitted, path), 'utf8').replace(/(\bfrom\s+|\bimport\()'([^']+)'/g, (whole, before, specifier) => {
      const target = targetOf({ root, from: path, specifier });
      if (target === null) return whole;
      if (!existsSync(join(emitted, target))) throw new Error(`${path} imports ${specifier}, which has no declaration`);
      if (!seen.has(target)) queue.push(target);
      seen.add(target);
      const to = relative(dirname(path), target).replace(/\.d\.ts$/, '.js');
      return `${before}'${to.startsWith('.') ? to : `./${to}`}'`;
    });
    mkdirSync(dirname(join(types, path)), { recursive: true });
    writeFileSync(join(types, path), text);
  }
}

/** The emitted file that an import means; null for packages that are not ours. */
function targetOf({ root, from, specifier }) {
  if (specifier.startsWith('.')) return join(dirname(from), specifier).replace(/(\.d)?\.(ts|js)$/, '.d.ts');
  const [, name, part] = /^@sheaf\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? [];
  if (name === undefined) return null;
  const { exports } = JSON.parse(readFileSync(join(root, `packages/${name}/package.json`), 'utf8'));
  return declarationOf(join(`packages/${name}`, exports[part === undefined ? '.' : `./${part}`]));
}
