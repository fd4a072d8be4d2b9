// Programs start from V8's code cache: what they do is the same with it, without it, and with one that is damaged.

import { execFile, fork } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const execute = promisify(execFile);
const launcher = new URL('../../../packages/sheaf/build/launch.cjs', import.meta.url).pathname;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-launch-test-'));
  copyFileSync(launcher, join(folder, 'launch.cjs'));
  writeFileSync(join(folder, 'other.mjs'), 'export const other = 2;');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the program; `build` stands for the hash of its text. */
function write(text: string, build: string): void {
  writeFileSync(join(folder, 'program.code.cjs'), text);
  writeFileSync(join(folder, 'program.cjs'), `require('./launch.cjs')(__filename, '${build}');`);
}

async function run(): Promise<string> {
  const { stdout, stderr } = await execute(process.execPath, [join(folder, 'program.cjs'), 'run']);
  return `${stdout}${stderr}`;
}

const entries = (): string[] => readdirSync(join(folder, '.code-cache')).map(name => join(folder, '.code-cache', name));

test('a program runs from the cache as it does from its text, and a damaged entry is made again', async () => {
  write("void sheafImport(new URL('other.mjs', sheafModuleUrl).href).then(({ other }) => console.log(other + 1, String(() => 1)));", 'a');
  expect(await run()).toBe('3 () => 1\n');
  const [entry = ''] = entries();
  const whole = readFileSync(entry);
  expect(await run()).toBe('3 () => 1\n');
  expect(readFileSync(entry).equals(whole)).toBe(true);
  const damaged = Buffer.from(whole);
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 9) ^ 255, damaged.length - 9);
  writeFileSync(entry, damaged);
  expect(await run()).toBe('3 () => 1\n');
  expect(readFileSync(entry).equals(damaged)).toBe(false);
});

test('it imports packages, by the door that they have for require where there is one', async () => {
  const modules = join(folder, 'node_modules');
  for (const [name, manifest] of [
    ['both', { exports: { require: './index.cjs', import: './index.mjs' } }],
    ['alone', { exports: { import: './index.mjs' } }],
  ] as const) {
    mkdirSync(join(modules, name), { recursive: true });
    writeFileSync(join(modules, name, 'package.json'), JSON.stringify({ name, ...manifest }));
    writeFileSync(join(modules, name, 'index.cjs'), "exports.door = 'require';");
    writeFileSync(join(modules, name, 'index.mjs'), "export const door = 'import';");
  }
  write("const door = name => sheafImport(name).then(({ door }) => console.log(door)); door('both').then(() => door('alone'));", 'a');
  expect(await run()).toBe('require\nimport\n');
});

test('an executor keeps its code when it says so, and one that was given it does not', async () => {
  write('process.once("message", () => { sheafKeepCode(); process.disconnect(); });', 'a');
  const once = (): Promise<unknown> => {
    const child = fork(join(folder, 'program.cjs'));
    child.send('work');
    return new Promise(resolve => child.once('exit', resolve));
  };
  expect(await once()).toBe(0);
  const [entry = ''] = entries();
  const { ino } = statSync(entry);
  expect(await once()).toBe(0);
  expect(entries()).toEqual([entry]);
  expect(statSync(entry).ino).toBe(ino);
});

test('a text of the same length in its place is another program', async () => {
  write("console.log('one');", 'a');
  await run();
  write("console.log('two');", 'b');
  expect(await run()).toBe('two\n');
  expect(entries()).toHaveLength(2);
});

test('where nothing can be written it runs without', async () => {
  writeFileSync(join(folder, '.code-cache'), 'a file stands where the folder should be');
  write("console.log('one');", 'a');
  expect(await run()).toBe('one\n');
  expect(await run()).toBe('one\n');
});
