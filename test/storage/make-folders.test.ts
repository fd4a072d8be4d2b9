// Folders are made with the parents they lack, and where none can be made that is said, not tried for ever.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolders } from '../../packages/storage/src/commit/make-folders.ts';
import { temporaryFolder } from './temporary.ts';

test('the first folder that was made is named; none when all were there', async () => {
  const folder = temporaryFolder();
  const deep = join(folder, 'a/b/c');
  expect(await makeFolders(deep)).toBe(join(folder, 'a'));
  expect(await makeFolders(deep)).toBeUndefined();
  expect(await makeFolders(join(deep, 'd'))).toBe(join(deep, 'd'));
  expect((await Promise.all([1, 2, 3].map(() => makeFolders(join(folder, 'x/y/z'))))).some(first => first !== undefined)).toBe(true);
  expect(existsSync(join(folder, 'x/y/z'))).toBe(true);
});

test('a file in the way, and a folder that takes no other, are errors', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  await expect(makeFolders(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolders(join(folder, 'file/below'))).rejects.toThrow(/ENOTDIR|EEXIST/);
  await expect(makeFolders('/proc/sheaf/below')).rejects.toMatchObject({ code: 'ENOENT' });
});
