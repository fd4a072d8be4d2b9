// An unchanged job is not bundled again; whatever its bundle depends on makes a new one when it changes.

import { chmod, mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '@sheaf/protocol';
import { describe, expect, test } from 'vitest';
import { BundleCache, defaultCacheFolder } from '../../../packages/sheaf/src/submit/bundle-cache.ts';
import { areUnchanged, watchedFiles } from '../../../packages/sheaf/src/submit/bundle-inputs.ts';
import { bundleJob } from '../../../packages/sheaf/src/submit/bundler.ts';
import type { JobBundle } from '../../../packages/sheaf/src/submit/job-bundle.ts';
import { findSheafDoors } from '../../../packages/sheaf/src/submit/sheaf-doors.ts';
import { type JobFolder, jobFolder, jobText } from './job-folder.ts';

const job = jobText('helper', "import { helper } from '@lib/helper';");
const files = {
  'job.ts': job,
  'lib/helper.ts': "export const helper = 'first';",
  'tsconfig.json': '{ "extends": "./base" }',
  'base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
};
const cacheOf = (folder: JobFolder): string => join(folder.path, 'cache');
const bundleIn = (folder: JobFolder, file = 'job.ts'): Promise<JobBundle> =>
  bundleJob(join(folder.path, file), { cacheFolder: cacheOf(folder) });

async function entryOf(folder: JobFolder): Promise<string> {
  const [name] = await readdir(join(cacheOf(folder), 'bundles'));
  return join(cacheOf(folder), 'bundles', name ?? 'none');
}

test('the second bundle of an unchanged job comes from the cache, byte for byte', async () => {
  const folder = await jobFolder(files);
  const first = await bundleIn(folder);
  const second = await bundleIn(folder);
  expect([first.cached, second.cached]).toEqual([false, true]);
  expect(Buffer.from(second.code).equals(first.code)).toBe(true);
  expect(Buffer.from(second.sourceMap).equals(first.sourceMap)).toBe(true);
  expect({ ...second, code: 0, sourceMap: 0, cached: 0 }).toEqual({ ...first, code: 0, sourceMap: 0, cached: 0 });
});

describe('a bundle is made anew when', () => {
  test.each<[string, { [path: string]: string }]>([
    ['the job file changes', { 'job.ts': `${job}\n// changed` }],
    ['a file that it imports changes', { 'lib/helper.ts': "export const helper = 'second';" }],
    ['what its tsconfig extends changes', { 'base.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*", "./other/*"] } } }' }],
    ['a package.json appears', { 'lib/package.json': '{ "type": "module" }' }],
  ])('%s', async (_, change) => {
    const folder = await jobFolder(files);
    await bundleIn(folder);
    await folder.write(change);
    expect((await bundleIn(folder)).cached).toBe(false);
    expect((await bundleIn(folder)).cached).toBe(true);
  });

  test('zod is installed beside it', async () => {
    const folder = await jobFolder({ 'job.ts': jobText('z', "import { z } from 'zod';") });
    const before = await bundleIn(folder);
    expect((await bundleIn(folder)).cached).toBe(true);
    await folder.write({ 'node_modules/zod/index.js': 'export const z = 1;', 'node_modules/zod/package.json': '{ "main": "index.js" }' });
    const after = await bundleIn(folder);
    expect(after.cached).toBe(false);
    expect(after.code.length).toBeLessThan(before.code.length);
  });

  test('its entry is cut short, or a bit of it is flipped', async () => {
    const folder = await jobFolder(files);
    const { sha256 } = await bundleIn(folder);
    const entry = await entryOf(folder);
    const whole = await readFile(entry);
    for (const damage of [whole.length - 3, 40, 0]) {
      await writeFile(entry, whole);
      await truncate(entry, damage);
      expect(await bundleIn(folder)).toMatchObject({ cached: false, sha256 });
    }
    const inOwnMap = whole.indexOf('"linesOfBundle":') + 16;
    for (const at of [5, inOwnMap, whole.indexOf(0x0a) + 200, whole.length - 20]) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      await writeFile(entry, flipped);
      expect(await bundleIn(folder)).toMatchObject({ cached: false, sha256 });
    }
  });
});

test('a file that looks the same is not read again; one that looks different is, and counts only when its contents changed', async () => {
  const folder = await jobFolder(files);
  const path = join(folder.path, 'job.ts');
  const inputs = { 'job.ts': { bytes: 0, imports: [] } };
  const bundled = { path, metafile: { inputs, outputs: {} }, resolutions: { absent: new Set<string>() } };
  // As if the build had started long after the files were written.
  const watched = await watchedFiles({ ...bundled, changedAfterMs: Date.now() + 60_000 });
  expect(watched?.some(file => file.path === path && file.looks !== null)).toBe(true);
  const unread = (watched ?? []).map(file => ({ ...file, sha256: file.path === path ? 'never compared' : file.sha256 }));
  expect(await areUnchanged(unread)).toBe(true);
  await utimes(path, 1, 1);
  expect(await areUnchanged(watched ?? [])).toBe(true);
  await folder.write({ 'job.ts': `${job}\n// changed` });
  expect(await areUnchanged(watched ?? [])).toBe(false);
});

test('a cache that cannot be written costs nothing but time', async () => {
  const folder = await jobFolder({ ...files, cache: 'a file stands where the folder should be' });
  expect((await bundleIn(folder)).cached).toBe(false);
  expect((await bundleIn(folder)).cached).toBe(false);
});

test('the cache keeps so many entries and no more, the last used ones', async () => {
  const folder = await jobFolder(files);
  const bundle = await bundleIn(folder);
  const doors = findSheafDoors();
  const cache = (path: string) => new BundleCache(cacheOf(folder), { path, job: null, doors });
  for (let at = 0; at < limits.bundlesCachedMax + 3; at++) {
    await cache(`job${at}`).write(bundle, []);
    expect(await cache(bundle.file).read()).not.toBeNull();
  }
  expect(await readdir(join(cacheOf(folder), 'bundles'))).toHaveLength(limits.bundlesCachedMax);
  expect(await cache('job0').read()).toBeNull();
});

test('the folder is private to the user', async () => {
  const folder = await jobFolder(files);
  await mkdir(cacheOf(folder));
  await chmod(cacheOf(folder), 0o755);
  await bundleIn(folder);
  const { stat } = await import('node:fs/promises');
  expect((await stat(join(cacheOf(folder), 'bundles'))).mode & 0o077).toBe(0);
  expect((await stat(await entryOf(folder))).mode & 0o077).toBe(0);
  expect(defaultCacheFolder()).toMatch(/\/sheaf$/);
});
