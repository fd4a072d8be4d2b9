// A real cluster on three terminals: a coordinator, a worker, and a person who submits, looks, cancels and leaves.

import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { needsEquals, spinning, wordCount } from './jobs.ts';
import { type Running, UserFolder } from './sheaf-process.ts';

let user: UserFolder;
let servers: Running[] = [];
let url = '';

beforeEach(async () => {
  user = new UserFolder();
  user.write('wc.ts', wordCount);
  user.write('in/a.txt', 'a rose is a rose\n');
  user.write('in/b.txt', 'is it a rose\n');
  const coordinator = await user.start('coordinator', '--state-dir', 'state', '--port', '0', '--log-level', 'warn');
  await coordinator.said(/coordinator at ws:\S+/);
  url = coordinator.told().match(/ws:[^\s,]+/)?.[0] ?? '';
  const worker = await user.start('worker', '--coordinator', url, '--slots', '2', '--dir', 'work', '--log-level', 'warn');
  await worker.said(/worker w\w+ of ws/);
  servers = [coordinator, worker];
});

afterEach(async () => {
  for (const server of servers.reverse()) {
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
  }
  expect(await user.leftovers()).toEqual([]);
  user.remove();
});

const at = (): string[] => ['--coordinator', url];

test('a submission is followed to its end, and can be asked about afterwards', async () => {
  const submitted = await user.run('submit', 'wc.ts', '-p', 'in=in', '-p', 'out=out', ...at());
  expect(submitted).toMatchObject({ code: 0, stdout: `${user.path}/out\n` });
  const id = submitted.stderr.match(/j[0-9a-z]{12}/)?.[0] ?? '';
  expect(Object.keys(user.parts('out'))).toEqual(['part-00000.jsonl', 'part-00001.jsonl']);

  expect((await user.run('jobs', ...at())).stdout).toMatch(new RegExp(`^ID .*\\n${id}  word-count  succeeded  4/4 `));
  const [job] = JSON.parse((await user.run('jobs', '--json', ...at())).stdout);
  expect(job).toMatchObject({ id, name: 'word-count', state: 'succeeded' });
  expect((await user.run('status', id, ...at())).stdout).toMatch(/word-count succeeded, .* s\n {2}STAGE .*\n {2}map .* 2\/2 /);
  const counters = JSON.parse((await user.run('counters', id, '--json', ...at())).stdout);
  expect(Object.values(counters).every(value => typeof value === 'number')).toBe(true);
  expect((await user.run('counters', id, ...at())).stdout.split('\n')).toHaveLength(Object.keys(counters).length + 1);
  expect((await user.run('workers', ...at())).stdout).toMatch(/^ID .*\nw\w{8} .* 0\/2\n$/);
  expect((await user.run('story', id, '--stage', 'map', '--task', '0', ...at())).stdout).toMatch(/stage 0 task 0/);
  const watched = await user.run('watch', id, '--json', ...at());
  expect({ code: watched.code, state: JSON.parse(watched.stdout).state }).toEqual({ code: 0, state: 'succeeded' });
});

test('SHEAF_COORDINATOR stands for --coordinator', async () => {
  user.environment.SHEAF_COORDINATOR = url;
  expect(await user.run('jobs', '--json')).toMatchObject({ code: 0, stdout: '[]\n' });
});

test('--detach prints the id alone; watch ends as the job does', async () => {
  const { code, stdout } = await user.run('submit', 'wc.ts', '-p', 'in=in', '-p', 'out=out', '--detach', ...at());
  expect(code).toBe(0);
  expect(stdout).toMatch(/^j[0-9a-z]{12}\n$/);
  expect(await user.run('watch', stdout.trim(), ...at())).toMatchObject({ code: 0, stdout: `${user.path}/out\n` });
});

test('what a job printed is in its logs; its failure is reported to whoever watches', async () => {
  user.write('bad.ts', needsEquals.replace('const value', "console.log('looking at', line);\n    const value"));
  user.write('kv.txt', 'nothing here\n');
  const { stdout } = await user.run('submit', 'bad.ts', '-p', 'in=kv.txt', '-p', 'out=out', '--detach', ...at());
  const id = stdout.trim();
  const watched = await user.run('watch', id, ...at());
  expect(watched).toMatchObject({ code: 1, stdout: '' });
  expect(watched.stderr).toMatch(/kv\.txt:1 \(byte 0\)\n {2}record: nothing here\n/);
  const advice = watched.stderr.match(/\nwhat it printed: sheaf (logs .*)\n/)?.[1] ?? '';
  expect((await user.run(...advice.split(' '))).stdout).toBe('looking at nothing here\n');
  const logs = await user.run('logs', id, ...at());
  expect(logs.stdout).toMatch(/^==== .*\nlooking at nothing here\n/);
  const attempt = logs.stdout.match(/attempt (\d+\.\d+)/)?.[1] ?? '';
  expect((await user.run('logs', id, '--attempt', attempt, ...at())).stdout).toBe('looking at nothing here\n');
});

test('a job that nobody knows, and a rejected submission, end with 2', async () => {
  const unknown = await user.run('status', 'j00000000zzzz', ...at());
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: 'error: no job j00000000zzzz is known here\n' });
  expect(await user.run('watch', 'j00000000zzzz', ...at())).toMatchObject({ code: 2, stdout: '' });
  const rejected = await user.run('submit', 'wc.ts', '-p', 'in=nowhere', '-p', 'out=out', ...at());
  expect(rejected).toMatchObject({ code: 2, stdout: '' });
  expect(rejected.stderr).toMatch(/^error: nowhere: no such file or folder/m);
});

describe('Ctrl-C at submit', () => {
  beforeEach(() => {
    user.write('spin.ts', spinning);
  });

  it('leaves the job running; cancel ends it and removes its staging', async () => {
    const submit = await user.start('submit', 'spin.ts', '-p', 'in=in', '-p', 'out=out', ...at());
    await submit.said(/map 0\/2 · \d running/);
    submit.child.kill('SIGINT');
    const { code, stderr } = await submit.ended;
    expect(code).toBe(130);
    const id = stderr.match(/sheaf watch (j\w+) --coordinator ws:/)?.[1] ?? '';
    expect(JSON.parse((await user.run('status', id, '--json', ...at())).stdout).state).toBe('running');
    expect(await user.run('cancel', id, ...at())).toMatchObject({ code: 0, stdout: `${id} cancelled\n` });
    expect(await user.run('watch', id, ...at())).toMatchObject({ code: 130, stdout: '' });
    expect(user.names().filter(name => name.includes('out'))).toEqual([]);
  });

  it('cancels the job with --cancel-on-exit', async () => {
    const submit = await user.start('submit', 'spin.ts', '-p', 'in=in', '-p', 'out=out', '--cancel-on-exit', ...at());
    await submit.said(/map 0\/2 · \d running/);
    submit.child.kill('SIGINT');
    const { code, stderr } = await submit.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/spinning was cancelled/);
    expect(user.names().filter(name => name.includes('out'))).toEqual([]);
  });
});

test('output verify finds a flipped bit and names the part', async () => {
  await user.run('submit', 'wc.ts', '-p', 'in=in', '-p', 'out=out', ...at());
  expect(await user.run('output', 'verify', 'out')).toMatchObject({ code: 0 });
  const [name = '', text = ''] = Object.entries(user.parts('out'))[0] ?? [];
  user.write(`out/${name}`, text.replace('"n"', '"m"'));
  const { code, stderr } = await user.run('output', 'verify', 'out');
  expect(code).toBe(1);
  expect(stderr).toContain(`out/${name} has other bytes than were committed`);
});
