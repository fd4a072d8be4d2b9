// Listings: what each spelling of a path stands for, in which order, and what is said when it stands for nothing.

import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fc, test as property } from '@fast-check/vitest';
import { UsageError } from '@sheaf/protocol';
import { compareUtf8, listFiles } from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeFiles } from './temporary.ts';

const tree = [
  'a.txt',
  'b.txt',
  'b.csv',
  'c1',
  '_hidden.txt',
  '.dot.txt',
  'sub/a.txt',
  'sub/deep/z.txt',
  'sub/_SUCCESS',
  'sub/.git/config',
  '_tmp/x.txt',
];

async function list(paths: string | string[], folder: string): Promise<string[]> {
  const files = await listFiles([paths].flat(), { cwd: folder });
  return files.map(file => file.path.slice(folder.length + 1));
}

function makeTree(names: readonly string[] = tree): string {
  const folder = temporaryFolder();
  writeFiles(folder, Object.fromEntries(names.map(name => [name, name])));
  return folder;
}

describe('a path stands for', () => {
  const cases: readonly (readonly [string | string[], string[]])[] = [
    ['a.txt', ['a.txt']],
    ['./sub/../a.txt', ['a.txt']],
    ['.', ['a.txt', 'b.csv', 'b.txt', 'c1', 'sub/a.txt', 'sub/deep/z.txt']],
    ['sub/', ['sub/a.txt', 'sub/deep/z.txt']],
    ['*.txt', ['a.txt', 'b.txt']],
    ['?.txt', ['a.txt', 'b.txt']],
    ['[a-b].*', ['a.txt', 'b.csv', 'b.txt']],
    ['[!a].txt', ['b.txt']],
    ['{a,b}.txt', ['a.txt', 'b.txt']],
    ['{b.{csv,txt},sub/a.txt}', ['b.csv', 'b.txt', 'sub/a.txt']],
    ['**/*.txt', ['a.txt', 'b.txt', 'sub/a.txt', 'sub/deep/z.txt']],
    ['**', ['a.txt', 'b.csv', 'b.txt', 'c1', 'sub/a.txt', 'sub/deep/z.txt']],
    ['**/deep/**', ['sub/deep/z.txt']],
    ['su?', ['sub/a.txt', 'sub/deep/z.txt']],
    ['*/a.txt', ['sub/a.txt']],
    ['_hidden.txt', ['_hidden.txt']],
    ['_tmp', ['_tmp/x.txt']],
    ['_*', ['_hidden.txt', '_tmp/x.txt']],
    ['.d*', ['.dot.txt']],
    ['[_]*', []],
    ['{_,}*.txt', ['_hidden.txt', 'a.txt', 'b.txt']],
    ['sub/.git/*', ['sub/.git/config']],
    [
      ['b.txt', 'a.txt', '*.txt', '.'],
      ['a.txt', 'b.csv', 'b.txt', 'c1', 'sub/a.txt', 'sub/deep/z.txt'],
    ],
  ];
  test.each(cases)('%j', async (path, expected) => {
    const folder = makeTree();
    if (expected.length === 0) await expect(list(path, folder)).rejects.toThrow(UsageError);
    else expect(await list(path, folder)).toEqual(expected);
  });

  test('a file: address', async () => {
    const folder = makeTree(['with space.txt']);
    expect(await list(pathToFileURL(join(folder, 'with space.txt')).href, '/')).toHaveLength(1);
    await expect(list('s3://bucket/key', folder)).rejects.toThrow('s3: is no storage');
  });

  test('itself, before it is read as a pattern; also when the working directory has brackets', async () => {
    const folder = makeTree(['x[1].txt', 'x1.txt', '[d]/x[1].txt', '[d]/x1.txt', '{a,b}', 'q\'u"o te', 'new\nline', '😀.txt', '*']);
    expect(await list('x[1].txt', folder)).toEqual(['x[1].txt']);
    expect(await list('x[1]*', folder)).toEqual(['x1.txt']);
    expect(await list('x\\[1\\]*', folder)).toEqual(['x[1].txt']);
    expect(await list('x?.txt', join(folder, '[d]'))).toEqual(['x1.txt']);
    expect(await list('[d]/x1.txt', folder)).toEqual(['[d]/x1.txt']);
    expect(await list('{a,b}', folder)).toEqual(['{a,b}']);
    expect(await list('*', join(folder, '[d]', '..'))).toEqual(['*']);
    expect(await list('?.txt', folder)).toEqual(['😀.txt']);
    expect(await list(['q\'u"o te', 'new\nline'], folder)).toEqual(['new\nline', 'q\'u"o te']);
  });
});

describe('a listing', () => {
  test('has size, time and kind of each file', async () => {
    const folder = makeTree(['a.txt']);
    writeFiles(folder, { 'b.csv.gz': 'xx' });
    utimesSync(join(folder, 'a.txt'), 1_000, 1_234.567);
    const [a, b] = await listFiles(['.'], { cwd: folder });
    expect(a).toEqual({ path: join(folder, 'a.txt'), size: 5, modifiedMs: 1_234_567, packed: null });
    expect(b).toMatchObject({ size: 2, packed: 'gzip' });
  });

  test('is ordered by UTF-8 bytes', async () => {
    const folder = makeTree(['b', 'B', 'a/z', 'a-', 'é', '\ue000', '😀', '\uffee', 'aa']);
    expect(await list('.', folder)).toEqual(['B', 'a-', 'a/z', 'aa', 'b', 'é', '\ue000', '\uffee', '😀']);
  });

  test('follows links to files and folders, and no circle of them', async () => {
    const folder = makeTree(['real/a', 'real/in/b']);
    symlinkSync('real/a', join(folder, 'file-link'));
    symlinkSync('real', join(folder, 'link'));
    symlinkSync('..', join(folder, 'real/in/up'));
    symlinkSync('../..', join(folder, 'real/in/out'));
    symlinkSync('nowhere', join(folder, 'broken'));
    expect(await list('.', folder)).toEqual(['file-link', 'link/a', 'link/in/b', 'real/a', 'real/in/b']);
    expect(await list('real', folder)).toEqual(['real/a', 'real/in/b', 'real/in/out/file-link']);
    expect(await list('link', folder)).toContain('link/a');
    expect(await list('**/a', folder)).toContain('link/a');
    symlinkSync('loop', join(folder, 'loop'));
    await expect(list('loop', folder)).rejects.toThrow('circle');
  });

  test('of 5,000 small files is quick', async () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 50; i++) {
      mkdirSync(join(folder, `d${i}`));
      for (let j = 0; j < 100; j++) writeFileSync(join(folder, `d${i}`, `f${j}.txt`), '');
    }
    const start = process.cpuUsage();
    expect(await listFiles(['**/*.txt'], { cwd: folder })).toHaveLength(5_000);
    expect(process.cpuUsage(start).user).toBeLessThan(5_000_000);
  });
});

describe('a usage error', () => {
  const says = async (path: string | string[], text: string | RegExp, folder = makeTree()) => {
    await expect(list(path, folder)).rejects.toThrow(UsageError);
    await expect(list(path, folder)).rejects.toThrow(text);
  };

  test('names the one path of a list that matches nothing', () =>
    says(['*.txt', 'gone.txt'], /^gone\.txt: no such file or folder \(looked for \//));
  test('names a pattern without matches, and what was left out', () => says('*hidden*', '*hidden*: no file matches'));
  test('says how many hidden names were left out', () => says('sub/*US*', '2 names that start with _ or . were left out'));
  test('tells a folder without files', async () => {
    const folder = makeTree(['empty/_x']);
    await says('empty', '1 names that start with _ or . were left out', folder);
  });
  test('tells what is neither file nor folder', () => says('/dev/null', 'is neither a file nor a folder'));
  test('tells a range the wrong way round', () => says('[z-a]', 'z-a'));
  test('tells too many alternatives', () => says('{a,b}'.repeat(12), 'braces'));
  test('tells no path', () => says([], 'no path'));
  test('tells a folder that cannot be read', async () => {
    const folder = makeTree(['open/closed/a']);
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'open/closed'), 0o000);
    // Root reads everything, so it becomes somebody else for a moment.
    const root = process.getuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    try {
      await says('open', 'cannot be listed', folder);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});

describe('order', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}', '/') });
  property.prop([text, text])('compareUtf8 is the order of bytes', (a, b) => {
    expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  });
});
