// The rules of the house that no other tool checks, read from the repository itself: sizes, names, openings, words.
// A rule that stops being right is changed here, on purpose, and nowhere silenced.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url).pathname;

/** Every file of the repository, as git would add it: tracked, or new and not ignored. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(path => path !== '' && existsSync(root + path));

const code = files.filter(path => ['.ts', '.mjs', '.mts', '.cjs'].includes(extname(path)));
const sources = code.filter(path => /^packages\/[^/]+\/src\//.test(path));
const pure = sources.filter(path => /^packages\/(coordinator\/src\/scheduler|worker\/src\/agent)\//.test(path));
const read = (path: string): string => readFileSync(root + path, 'utf8');
const lineCount = (path: string): number => read(path).split('\n').length - 1;

/** The places of `pattern`, as `file:line: text`. */
function placesOf(pattern: RegExp, paths: readonly string[]): string[] {
  return paths.flatMap(path =>
    read(path)
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
}

describe('files', () => {
  it('are at most 500 lines', () => {
    expect(code.filter(path => lineCount(path) > 500)).toEqual([]);
  });

  it('are named in kebab-case, and neither they nor their folders have a name that says nothing', () => {
    const parts = code.flatMap(path => path.split('/').map(part => ({ path, part })));
    const nameless = /^(utils?|helpers?|common|misc|shared|lib|stuff)(\.|$)/;
    const names = parts.filter(({ part }) => nameless.test(part)).map(({ path }) => path);
    const cased = code.filter(path => /[A-Z_]/.test(basename(path)));
    expect([...names, ...cased]).toEqual([]);
  });

  it('lie at most two folders deep inside src', () => {
    expect(sources.filter(path => path.split('/src/')[1]!.split('/').length > 3)).toEqual([]);
  });

  it('open with a comment that says what they are for, but for the doors', () => {
    const opened = (path: string): boolean => /^(#!.*\n)?(\/\/|\/\*)/.test(read(path));
    expect(sources.filter(path => extname(path) === '.ts' && basename(path) !== 'index.ts' && !opened(path))).toEqual([]);
  });
});

describe('words', () => {
  const self = 'test/house.test.ts';
  const others = code.filter(path => path !== self);

  it('leave nothing for later', () => {
    expect(placesOf(/\b(TODO|FIXME|XXX|HACK)\b|not implemented/, others)).toEqual([]);
  });

  it('never narrow, skip or repeat a test', () => {
    expect(placesOf(/\b(describe|it|test)\.(only|skip|todo|fails)\b|\bretry:\s*[1-9]/, others)).toEqual([]);
  });

  it('silence no compiler; a lint rule only with its reason', () => {
    expect(placesOf(/@ts-ignore|@ts-nocheck|biome-ignore-all|biome-ignore(?! lint\/\S+: \S)/, others)).toEqual([]);
  });

  it('import no threads and start no enum', () => {
    expect(placesOf(/from '(node:)?worker_threads'|^\s*(export )?(const )?enum /, others)).toEqual([]);
  });
});

describe('the pure cores', () => {
  it('have no clock, chance, promise or I/O', () => {
    const impure =
      /^(?!\s*(\/\/|\/?\*)).*(\bDate\.now|\bnew Date\b|Math\.random|\bset(Timeout|Interval|Immediate)\b|\bprocess\.|\bconsole\.|\basync\b|\bawait\b)/;
    expect(placesOf(impure, pure)).toEqual([]);
  });
});

describe('the README', () => {
  const readme = existsSync(`${root}README.md`) ? read('README.md') : '';
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { [name: string]: string } };

  it('names only scripts that exist', () => {
    const named = [...readme.matchAll(/npm (?:run )?(demo|test|check|build|bench|fix|run ([a-z:-]+))\b/g)].map(
      match => match[2] ?? match[1]!,
    );
    expect(named.filter(name => !(name in scripts))).toEqual([]);
  });

  it('links only to files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(match => match[1]!);
    expect(links.filter(link => !existsSync(root + link))).toEqual([]);
  });
});

it('package.json has the scripts everyone uses', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { [name: string]: string } };
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test', 'check', 'build', 'bench', 'fix']));
});
