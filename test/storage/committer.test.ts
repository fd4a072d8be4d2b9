// The commit of an output folder: nothing is seen before it, everything after it; a crash after any step is made good by
// doing the same again; and verify finds whatever was changed later.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError, jobIdOf, UsageError } from '@sheaf/protocol';
import {
  checkOutput,
  checkOverlap,
  FileCommitter,
  type OutputFolder,
  PartFile,
  type PartToken,
  stagedPath,
  verifyOutput,
} from '@sheaf/storage';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeFiles } from './temporary.ts';

const job = jobIdOf(1_700_000_000_000, 'abcd');
const texts = ['zero\n', '', 'two\n'];

function outputIn(folder: string, more: Partial<OutputFolder> = {}): OutputFolder {
  return { folder: join(folder, 'out'), job, name: 'test', overwrite: false, ...more };
}

/** What executors do: the parts of the attempts that count, and one of a lost attempt. */
function writeParts(staging: string): PartToken[] {
  const lost = new PartFile(stagedPath(staging, 1, '1.99', '.txt'), { gzip: false });
  lost.text('never published');
  return texts.map((text, index) => {
    const part = new PartFile(stagedPath(staging, index, `1.${index}`, '.txt'), { gzip: false });
    part.text(text);
    return { index, records: text === '' ? 0 : 1, ...part.finish() };
  });
}

/** All files under a folder with their content, hidden ones too. */
function tree(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.sort().map(path => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}

const published = {
  'out/_SUCCESS': expect.stringContaining('"name": "test"'),
  'out/part-00000.txt': 'zero\n',
  'out/part-00001.txt': '',
  'out/part-00002.txt': 'two\n',
};
const old = { 'out/_SUCCESS': '{}', 'out/part-00000.txt': 'old' };

class Crash extends Error {}

/** Runs an action that crashes after its n-th step; true when it did. */
async function crashing(n: number, action: (afterStep: (step: string) => void) => Promise<unknown>): Promise<boolean> {
  let steps = 0;
  try {
    await action(() => {
      if (steps++ === n) throw new Crash('crash');
    });
    return false;
  } catch (error) {
    // A committer wraps what it does not know.
    if (error instanceof FailureError && error.cause instanceof Crash) return true;
    throw error;
  }
}

describe('publish', () => {
  test.each(['out', 'deep/er/out'])('puts the parts of the winners in place and leaves nothing else: %s', async path => {
    const folder = temporaryFolder();
    const committer = new FileCommitter({ ...outputIn(folder), folder: join(folder, path) });
    const staging = await committer.prepare();
    expect(readFileSync(staging.nonce.path, 'utf8')).toBe(staging.nonce.text);
    expect(readdirSync(folder).every(name => name.startsWith('.') || name === 'deep')).toBe(true);
    await committer.publish(writeParts(staging.path).reverse(), { words: 3 });
    const parent = join(folder, path, '..');
    expect(tree(parent)).toEqual(published);
    const manifest = JSON.parse(readFileSync(join(folder, path, '_SUCCESS'), 'utf8'));
    const sha256 = createHash('sha256').update('zero\n').digest('hex');
    expect(manifest).toMatchObject({ version: 1, job, totals: { parts: 3, bytes: 9, records: 2 }, counters: { words: 3 } });
    expect(manifest.parts[0]).toEqual({ name: 'part-00000.txt', bytes: 5, records: 1, sha256 });
    expect(await verifyOutput(join(folder, path))).toEqual([]);
  });

  describe.each([false, true])('overwrite %s', overwrite => {
    test.each(Array.from({ length: 16 }, (_, n) => n))('goes on after a crash at step %i', async n => {
      const folder = temporaryFolder();
      if (overwrite) writeFiles(folder, old);
      const { path } = await new FileCommitter(outputIn(folder, { overwrite })).prepare();
      const tokens = writeParts(path);
      const crashed = await crashing(n, afterStep => new FileCommitter(outputIn(folder, { overwrite, afterStep })).publish(tokens));
      if (crashed) {
        // At every point the output is whole: the old one, none (between two renames), or the new one.
        const seen = existsSync(join(folder, 'out')) ? tree(join(folder, 'out')) : null;
        const whole = [
          null,
          overwrite ? tree(temporaryWith(old)) : null,
          Object.fromEntries(Object.entries(published).map(([name, text]) => [name.slice(4), text])),
        ];
        expect(whole).toContainEqual(seen);
        // A second crash at the same number of steps, then a life without.
        await crashing(n, afterStep => new FileCommitter(outputIn(folder, { overwrite, afterStep })).publish(tokens));
        await new FileCommitter(outputIn(folder, { overwrite })).publish(tokens);
      }
      expect(tree(folder)).toEqual(published);
      expect(readdirSync(folder)).toEqual(['out']);
      await new FileCommitter(outputIn(folder, { overwrite })).publish(tokens);
      expect(tree(folder)).toEqual(published);
    });
  });

  describe('of parts in folders', () => {
    const placed = ['day=tu', 'day=mo/user=1', 'day=mo/user=1'];
    const inFolders = {
      'out/_SUCCESS': expect.stringContaining('"day=mo/user=1/part-00001.txt"'),
      'out/day=mo/user=1/part-00000.txt': '',
      'out/day=mo/user=1/part-00001.txt': 'two\n',
      'out/day=tu/part-00000.txt': 'zero\n',
    };
    const foldersOf = (parts: PartToken[]): PartToken[] =>
      parts.map((part, i) => ({ ...part, index: i === 2 ? 1 : 0, folder: placed[i] as string }));

    test.each(Array.from({ length: 12 }, (_, n) => n))('goes on after a crash at step %i', async n => {
      const folder = temporaryFolder();
      const { path } = await new FileCommitter(outputIn(folder)).prepare();
      const tokens = foldersOf(writeParts(path));
      await crashing(n, afterStep => new FileCommitter(outputIn(folder, { afterStep })).publish(tokens));
      await new FileCommitter(outputIn(folder)).publish(tokens);
      expect(tree(folder)).toEqual(inFolders);
      expect(await verifyOutput(join(folder, 'out'))).toEqual([]);
      writeFiles(folder, { 'out/day=mo/other': '', 'out/day=we/part-00000.txt': 'x', 'out/day=tu/part-00000.txt': 'Zero\n' });
      const problems = await verifyOutput(join(folder, 'out'));
      expect(problems.map(({ part }) => part)).toEqual(['day=tu/part-00000.txt', 'day=mo/other', 'day=we']);
    });

    test.each(['..', '../x=1', '/x=1', 'x=1/..', 'x', 'x=1//y=2', `x=${'1'.repeat(254)}`])('none lies in %s', async bad => {
      const folder = temporaryFolder();
      const committer = new FileCommitter(outputIn(folder));
      const { path } = await committer.prepare();
      const [part] = writeParts(path) as [PartToken];
      await expect(committer.publish([{ ...part, folder: bad }])).rejects.toThrow('not a folder of parts');
    });
  });

  test('refuses what is not whole', async () => {
    const folder = temporaryFolder();
    const committer = new FileCommitter(outputIn(folder));
    const { path } = await committer.prepare();
    const tokens = writeParts(path);
    const [first, second, third] = tokens as [PartToken, PartToken, PartToken];
    await expect(committer.publish([first, third])).rejects.toThrow('part 1 is missing or there twice');
    await expect(committer.publish([first, { ...second, path: '/etc/passwd' }, third])).rejects.toThrow('lies outside');
    rmSync(third.path);
    await expect(committer.publish(tokens)).rejects.toThrow('is gone');
    writeFileSync(third.path, 'longer than it was');
    await expect(committer.publish(tokens)).rejects.toThrow('has 18 bytes, 4 were written');
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('keeps an output that came into being meanwhile', async () => {
    const folder = temporaryFolder();
    const committer = new FileCommitter(outputIn(folder));
    const { path } = await committer.prepare();
    const tokens = writeParts(path);
    writeFiles(folder, { 'out/mine': 'mine' });
    const error = await committer.publish(tokens).catch(thrown => thrown);
    expect(error.failure.code).toBe('E_OUTPUT_EXISTS');
    await committer.abort();
    expect(tree(folder)).toEqual({ 'out/mine': 'mine' });
    expect(readdirSync(folder)).toEqual(['out']);
  });

  test('an output without parts is a manifest', async () => {
    const folder = temporaryFolder();
    const committer = new FileCommitter(outputIn(folder));
    await committer.prepare();
    await committer.publish([]);
    expect(Object.keys(tree(folder))).toEqual(['out/_SUCCESS']);
    expect(await verifyOutput(join(folder, 'out'))).toEqual([]);
  });
});

function temporaryWith(files: Record<string, string>): string {
  const folder = temporaryFolder();
  writeFiles(folder, files);
  return join(folder, 'out');
}

describe('abort', () => {
  test.each(Array.from({ length: 6 }, (_, n) => n))('leaves nothing, also after a crash at step %i of each act', async n => {
    const folder = temporaryFolder();
    const options = { folder: join(folder, 'a/b/out') };
    if (await crashing(n, afterStep => new FileCommitter(outputIn(folder, { ...options, afterStep })).prepare())) {
      await new FileCommitter(outputIn(folder, options)).prepare();
    }
    writeParts(new FileCommitter(outputIn(folder, options)).staging);
    await crashing(n, afterStep => new FileCommitter(outputIn(folder, { ...options, afterStep })).abort());
    await new FileCommitter(outputIn(folder, options)).abort();
    expect(tree(folder)).toEqual({});
    expect(existsSync(join(folder, 'a/b/out'))).toBe(false);
  });

  test('removes the parents that were made, and keeps those in use', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'there'));
    const first = new FileCommitter(outputIn(folder, { folder: join(folder, 'there/made/one') }));
    const second = new FileCommitter(outputIn(folder, { folder: join(folder, 'there/made/two') }));
    await first.prepare();
    await second.prepare();
    await second.abort();
    expect(existsSync(join(folder, 'there/made'))).toBe(true);
    await first.abort();
    expect(readdirSync(folder, { recursive: true })).toEqual(['there']);
  });

  test.each(Array.from({ length: 9 }, (_, n) => n))('brings the old output back when publishing stopped at step %i', async n => {
    const folder = temporaryFolder();
    writeFiles(folder, old);
    const { path } = await new FileCommitter(outputIn(folder, { overwrite: true })).prepare();
    const tokens = writeParts(path);
    // Up to the moment before the new output is renamed to its place.
    const steps: string[] = [];
    await crashing(n, async afterStep => {
      const noting = (step: string) => {
        steps.push(step);
        afterStep(step);
      };
      await new FileCommitter(outputIn(folder, { overwrite: true, afterStep: noting })).publish(tokens);
    });
    await new FileCommitter(outputIn(folder, { overwrite: true })).abort();
    expect(tree(folder)).toEqual(steps.includes('output renamed') ? published : old);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  test('of what was never prepared is nothing', async () => {
    const folder = temporaryFolder();
    await new FileCommitter(outputIn(folder)).abort();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('an output that cannot be one is a usage error', () => {
  const says = (folder: string, text: string, overwrite = false) =>
    expect(
      checkOutput(folder, { overwrite }).then(
        () => 'nothing',
        (error: Error) => (error instanceof UsageError ? error.message : error),
      ),
    ).resolves.toContain(text);

  test('each with its own words', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'out/x': '', file: '' });
    symlinkSync('out', join(folder, 'link'));
    await says(join(folder, 'out'), 'the output exists; remove it, write elsewhere, or say --overwrite');
    await says(join(folder, 'out'), 'nothing', true);
    await says(join(folder, 'file'), 'is a file; an output is a folder', true);
    await says(join(folder, 'file/out'), 'is a file');
    await says(join(folder, 'link'), 'is a symbolic link', true);
    await says('/', 'is the root', true);
    await says(process.cwd(), 'is not overwritten', true);
    await says(join(folder, 'new/er'), 'nothing');
  });

  test('inputs and outputs in each other', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'data/a': '', 'other/b': '' });
    symlinkSync('data', join(folder, 'link'));
    const at = (path: string) => join(folder, path);
    await expect(checkOverlap([at('data/a')], [at('data')])).rejects.toThrow('the output would hold');
    await expect(checkOverlap([at('data/a')], [at('link')])).rejects.toThrow(UsageError);
    await expect(checkOverlap([], [at('out/one'), at('out')])).rejects.toThrow('lies inside');
    await expect(checkOverlap([at('data/a')], [at('data/out'), at('data2'), at('out/one'), at('out/two')])).resolves.toBeUndefined();
  });
});

describe('verify', () => {
  const committed = async (): Promise<string> => {
    const folder = temporaryFolder();
    const committer = new FileCommitter(outputIn(folder));
    const { path } = await committer.prepare();
    await committer.publish(writeParts(path));
    return join(folder, 'out');
  };

  test('names each part that is not as it was', async () => {
    const folder = await committed();
    writeFileSync(join(folder, 'part-00000.txt'), 'Zero\n');
    rmSync(join(folder, 'part-00001.txt'));
    truncateSync(join(folder, 'part-00002.txt'), 2);
    writeFileSync(join(folder, 'part-00003.txt'), '');
    expect(await verifyOutput(folder)).toEqual([
      { part: 'part-00000.txt', problem: 'has other bytes than were committed: its sha256 differs' },
      { part: 'part-00001.txt', problem: 'is missing' },
      { part: 'part-00002.txt', problem: 'has 2 bytes, 4 were committed' },
      { part: 'part-00003.txt', problem: 'is not of this job: the manifest does not name it' },
    ]);
  });

  test('finds a flipped bit anywhere in the manifest', async () => {
    const folder = await committed();
    const path = join(folder, '_SUCCESS');
    const good = readFileSync(path, 'utf8');
    for (let at = 0; at < good.length; at += 7) {
      if (/\s/.test(good[at] as string)) continue;
      writeFileSync(path, good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ 1) + good.slice(at + 1));
      expect(await verifyOutput(folder), `byte ${at}`).not.toEqual([]);
    }
    rmSync(path);
    expect(await verifyOutput(folder)).toEqual([{ part: '_SUCCESS', problem: 'is missing: no job has committed here' }]);
    expect(await verifyOutput(join(folder, 'gone'))).toHaveLength(1);
  });
});
