// A worker's directory: one living owner, an id that stays, and of an earlier life only outputs that are whole.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attemptIdOf, epochOf, parseJobId, UsageError } from '@sheaf/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PackWriter } from '../../../packages/worker/src/data/pack.ts';
import { openDirectory, packsMade, recordHeld } from '../../../packages/worker/src/host/directory.ts';
import { eventually } from './eventually.ts';
import { writeRun } from './run-files.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const hash = '0'.repeat(32);

/** A finished attempt in a directory, as the worker leaves it. */
function leaveHeld(outputs: string, counter: number): string {
  const attempt = attemptIdOf(epochOf(1), counter);
  const name = { job, stage: 0, task: counter, attempt };
  const path = join(outputs, job, attempt, 'edge-2.run');
  const bytes = writeRun(path, { ...name, edge: 2 });
  // Edge 5 carries the same.
  linkSync(path, join(outputs, job, attempt, 'edge-5.run'));
  recordHeld(outputs, { ...name, outputs: [2, 5].map(edge => ({ edge, run: 2, bytes, hash })) });
  return path;
}

describe('a worker directory', () => {
  it('gives its worker the same id in each life', async () => {
    const folder = join(temporaryFolder(), 'new', 'folder');
    const first = await openDirectory(folder);
    await first.release();
    const second = await openDirectory(folder);
    expect(second.worker).toBe(first.worker);
    await second.release();
    expect(readdirSync(folder)).toEqual(['worker.json']);
  });

  it('is made anew when its id cannot be read', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'worker.json'), '{"id":"wro');
    const directory = await openDirectory(folder);
    expect(JSON.parse(readFileSync(join(folder, 'worker.json'), 'utf8'))).toEqual({ id: directory.worker });
    await directory.release();
  });

  it('keeps packs as far as their runs are whole', async () => {
    const folder = temporaryFolder();
    const before = await openDirectory(folder);
    const { outputs } = before;
    const images = [1, 2, 3].map(counter => {
      const path = join(folder, `image-${counter}`);
      writeRun(path, { job, stage: 0, task: counter, attempt: attemptIdOf(epochOf(1), counter), edge: 2 });
      return readFileSync(path);
    });
    const pack = join(outputs, job, 'pack-7.runs');
    const writer = new PackWriter();
    for (const image of images) writer.append(pack, [image]);
    writer.close();
    // The last was being written when the worker died; the second is damaged in its header.
    truncateSync(pack, readFileSync(pack).length - 10);
    const bytes = readFileSync(pack);
    const second = 2 * 20 + (images[0]?.length ?? 0);
    bytes[second + 20] = 1;
    writeFileSync(pack, bytes);
    writeFileSync(join(outputs, job, 'pack-8.runs'), 'no pack');
    await before.release();
    const after = await openDirectory(folder);
    const packed = { pack: 7, at: 20 };
    expect(after.held).toEqual([
      {
        job,
        stage: 0,
        task: 1,
        attempt: '1.1',
        outputs: [{ edge: 2, run: 2, bytes: images[0]?.length, hash: expect.any(String), packed }],
      },
    ]);
    expect(packsMade(after.held)).toBe(7);
    expect(readdirSync(join(outputs, job))).toEqual(['pack-7.runs']);
    await after.release();
  });

  it('keeps outputs that are whole, and nothing else', async () => {
    const folder = temporaryFolder();
    const before = await openDirectory(folder);
    const { outputs } = before;
    leaveHeld(outputs, 1);
    // The second is cut short, the third damaged in its header, the fourth not finished, the fifth another attempt's.
    truncateSync(leaveHeld(outputs, 2), 300);
    const damaged = leaveHeld(outputs, 3);
    const bytes = readFileSync(damaged);
    bytes[20] = 1;
    writeFileSync(damaged, bytes);
    writeRun(join(outputs, job, '1.4', 'edge-2.run'), { job, stage: 0, task: 4, attempt: '1.4', edge: 2 });
    cpSync(join(outputs, job, '1.1'), join(outputs, job, '1.5'), { recursive: true });
    for (const other of [join(outputs, 'other', '1.1'), join(folder, 'jobs', job), join(folder, 'logs', job)])
      mkdirSync(other, { recursive: true });
    writeFileSync(join(outputs, job, '1.1', 'spill-1'), 'left over');
    await before.release();

    const after = await openDirectory(folder);
    const kept = [2, 5].map(edge => ({ edge, run: 2, bytes: expect.any(Number), hash }));
    expect(after.held).toEqual([{ job, stage: 0, task: 1, attempt: '1.1', outputs: kept }]);
    expect(readdirSync(outputs)).toEqual([job]);
    expect(readdirSync(join(outputs, job))).toEqual(['1.1']);
    expect(readdirSync(join(outputs, job, '1.1')).sort()).toEqual(['edge-2.run', 'edge-5.run', 'held.json']);
    expect(readdirSync(after.jobs)).toEqual([]);
    expect(readdirSync(after.logs)).toEqual([]);
    await after.release();
    expect(existsSync(join(outputs, job, '1.1', 'edge-2.run'))).toBe(true);
  });

  it('has one living owner', async () => {
    const folder = temporaryFolder();
    const first = await openDirectory(folder);
    await expect(openDirectory(folder)).rejects.toThrow(UsageError);
    await first.release();
    const second = await openDirectory(folder);
    await second.release();
  });

  it('is not held by an owner that is dead, nor by another process with its number', async () => {
    const folder = temporaryFolder();
    const dead = spawn('true');
    await new Promise(resolve => dead.once('exit', resolve));
    writeFileSync(join(folder, 'lock'), `${dead.pid} 12@some-boot\n`);
    await (await openDirectory(folder)).release();
    const other = spawn('sleep', ['1000']);
    onTestFinished(() => void other.kill('SIGKILL'));
    writeFileSync(join(folder, 'lock'), `${other.pid} 12@some-boot\n`);
    await (await openDirectory(folder)).release();
    writeFileSync(join(folder, 'lock'), '');
    await (await openDirectory(folder)).release();
  });

  it('goes to one of many who come at the same moment', async () => {
    const folder = temporaryFolder();
    const dead = '999999 12@some-boot\n';
    writeFileSync(join(folder, 'lock'), dead);
    // Somebody has died on the way to taking it away, too.
    const name = createHash('sha256').update(dead).digest('hex').slice(0, 16);
    writeFileSync(join(folder, `lock.clearing-${name}`), '999998 12@some-boot\n');
    const program = join(folder, 'lock.mjs');
    const { build } = await import('esbuild');
    const source = new URL('../../../packages/worker/src/host/directory-lock.ts', import.meta.url).pathname;
    const contents = `import { lockDirectory } from ${JSON.stringify(source)};
      await lockDirectory(process.argv[2]).then(() => { console.log('mine'); setInterval(() => undefined, 1000); }, () => console.log('not mine'));`;
    await build({
      stdin: { contents, resolveDir: folder },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
      logLevel: 'error',
    });
    const said: string[] = [];
    for (let i = 0; i < 6; i++) {
      const contender = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
      onTestFinished(() => void contender.kill('SIGKILL'));
      contender.stdout.on('data', (chunk: Buffer) => said.push(...chunk.toString().trim().split('\n')));
    }
    await eventually('six answers', () => said.length === 6);
    expect(said.filter(word => word === 'mine')).toEqual(['mine']);
    expect(
      readdirSync(folder)
        .filter(file => file.startsWith('lock.'))
        .toSorted(),
    ).toEqual(['lock.mjs']);
  });
});
