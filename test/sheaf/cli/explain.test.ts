// `sheaf explain` as a person has it: a plan in words with the lines of the job file, as DOT and SVG, and a run by its id or at
// the end of `sheaf run`.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { wordCount } from './jobs.ts';
import { type Running, UserFolder } from './sheaf-process.ts';

const bills = `import { defineJob, from, to } from 'sheaf';

export default defineJob({
  name: 'bills',
  plan({ read }) {
    const sales = read(from.csv('sales/*.csv', { user: 'integer', amount: 'number' }));
    const users = read(from.csv('users.csv', { id: 'text', plan: 'text' }));
    sales
      .filter(s => s.amount > 1)
      .keyBy('user')
      .sum('amount')
      .join(users.keyBy(u => u.id as unknown as number))
      .rows('user')
      .write(to.jsonl('bills'));
  },
});
`;

let user: UserFolder;
let servers: Running[] = [];

beforeEach(() => {
  user = new UserFolder();
  user.write('bills.ts', bills);
  user.write('wc.ts', wordCount);
  user.write('in/a.txt', 'a rose is a rose\n');
  user.write('sales/a.csv', 'user,amount\n7,2\n7,3\n8,1\n');
  user.write('sales/b.csv', 'user,amount\n8,4\n');
  user.write('users.csv', 'id,plan\n7,basic\n8,pro\n');
});

afterEach(async () => {
  for (const server of servers.reverse()) {
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0 });
  }
  servers = [];
  user.remove();
});

describe('before a run', () => {
  it('tells the operators of each stage, and the line of each step', async () => {
    const { code, stdout } = await user.run('explain', 'bills.ts');
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "bills
        memory 64 MB and heap 256 MB a task, splits of at most 64 MB
      stage read: 2 tasks, splits of 16 B to 24 B
        read sales/*.csv → filter (s) => s.amount > 1 → keyBy user → sum amount [combined]
        sales/*.csv: 2 files, 40 B
        read csv columns user, amount  at bills.ts:6:19
        filter                         at bills.ts:9:8
        emit to join                   at bills.ts:10:8
      stage read 2: 1 task, splits of 22 B
        read users.csv → keyBy (u) => u.id
        users.csv: 1 file, 22 B
        read csv columns id, plan  at bills.ts:7:19
        emit to join               at bills.ts:12:19
      stage join: 2 tasks
        join → rows user → write bills
        receive from read and read 2, grouped by key  at bills.ts:12:8
        inner join                                    at bills.ts:12:8
        map                                           at bills.ts:13:8
        write bills                                   at bills.ts:14:8
      shuffle read → join by hash of user, 2 × 2 pieces, combiner sum
      shuffle read 2 → join by hash of id, 1 × 2 pieces, no combiner
      output bills (jsonl)
      "
    `);
  });

  it('knows where the members of a mapReduce job are', async () => {
    const { stdout } = await user.run('explain', 'wc.ts', '-p', 'in=in', '-p', 'out=out');
    expect(stdout).toContain('\n  read in → map → combine\n');
    expect(stdout).toMatch(/\n {2}flatMap +at wc\.ts:9:\d+\n/);
    expect(stdout).toMatch(/\n {2}group: a function over each key and its values +at wc\.ts:11:\d+\n/);
  });

  it('tells apart what is done with the same records', async () => {
    const twice = "const s = read(from.text('in')); s.write(to.text('a')); s.countBy().entries().write(to.text('b'));";
    user.write('two.ts', bills.replace(/const sales.*write\(.*?\);\n/s, twice));
    const { stdout } = await user.run('explain', 'two.ts');
    expect(stdout).toContain('\n  read in → write a; countBy [combined]\n');
  });

  it('draws a picture, in DOT or SVG', async () => {
    const { code, stdout } = await user.run('explain', 'bills.ts', '--dot', '--svg', 'plan.svg');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^digraph "bills" \{\n/);
    expect(stdout).toContain('sum amount [combined]  (bills.ts:11:8)\\l');
    const svg = readFileSync(join(user.path, 'plan.svg'), 'utf8');
    expect(svg).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(svg).toContain('>bills.ts:11</text>');
  });

  it('says in JSON what it says in words', async () => {
    const explained = JSON.parse((await user.run('explain', 'bills.ts', '--json')).stdout);
    expect(explained).toMatchObject({ name: 'bills', graph: { version: 1 }, warnings: [] });
    expect(explained.plan).toHaveLength(explained.graph.stages.length);
    expect(explained.stages[2].operators[0]).toEqual({ text: 'join', place: 'bills.ts:12:8', ends: false });
  });

  test.each([
    [['explain'], 'explain takes a job file, or --job ID'],
    [['explain', 'bills.ts', '--job', 'jabcdefgh1234'], 'explain takes a job file, or --job ID'],
    [['explain', 'bills.ts', '--svg', 'plan.png'], "--svg plan.png: the file's name must end in .svg"],
    [['explain', 'bills.ts', '--svg', 'none/plan.svg'], 'none/plan.svg cannot be written'],
    [['run', 'bills.ts', '--explain-to', 'plan.png'], "--explain-to plan.png: the file's name must end in .svg, .dot, .json, .txt"],
  ])('%j is a mistake', async (args, message) => {
    const { code, stdout, stderr } = await user.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${message}`);
  });
});

describe('after a run', () => {
  it.each([['--inline'], ['--workers=1']])('tells on standard error what it took, and warns (run %s)', async how => {
    const { code, stdout, stderr } = await user.run('run', 'bills.ts', how, '--explain', '--explain-to', 'run.json');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(user.path, 'bills')}\n` });
    expect(stderr).toMatch(/\n {2}STAGE +TASKS +TOOK .*\n[ *] read +2 /);
    expect(stderr).toContain('\nread: read sales/*.csv → filter (s) => s.amount > 1 → keyBy user → sum amount [combined]\n');
    expect(stderr).toMatch(/\nread → join, hash of user, combined: [23] records, \d+ B\n/);
    expect(stderr).toMatch(
      /\nwarning: join \(of read and read 2\) found no key on both sides: left has [78] \(number\), right has "[78]" \(string\)\. /,
    );
    const explained = JSON.parse(readFileSync(join(user.path, 'run.json'), 'utf8'));
    expect(explained.warnings).toHaveLength(1);
    expect(explained.stages[0].measured).toMatchObject({ recordsIn: 4, sent: [{ edge: 0, records: expect.any(Number) }] });
  });

  it('asks a coordinator, which needs no job file', async () => {
    const coordinator = await user.start('coordinator', '--state-dir', 'state', '--port', '0', '--log-level', 'warn');
    servers.push(coordinator);
    await coordinator.said(/coordinator at ws:\S+/);
    user.environment.SHEAF_COORDINATOR = coordinator.told().match(/ws:[^\s,]+/)?.[0] ?? '';
    servers.push(await user.start('worker', '--coordinator', user.environment.SHEAF_COORDINATOR, '--dir', 'work', '--log-level', 'warn'));
    const { stdout: id } = await user.run('submit', 'bills.ts', '--detach');
    expect((await user.run('watch', id.trim())).code).toBe(0);
    user.write('bills.ts', 'nothing');
    const { code, stdout } = await user.run('explain', '--job', id.trim(), '--svg', 'run.svg');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^bills \(j\w{12}\) succeeded in .*\n {2}STAGE /);
    expect(stdout).toContain('\njoin: join → rows user → write bills\n');
    expect(readFileSync(join(user.path, 'run.svg'), 'utf8')).toContain('>bills.ts:11</text>');
    const { outline, status } = JSON.parse((await user.run('explain', '--job', id.trim(), '--json')).stdout);
    expect(outline.stages.map(({ name }: { name: string }) => name)).toEqual(status.stages.map(({ name }: { name: string }) => name));
    expect(status.stages[2].measured.joined).toEqual({
      keys: 0,
      left: expect.stringMatching(/number/),
      right: expect.stringMatching(/string/),
    });
    expect(await user.run('explain', '--job', 'jabcdefgh1234')).toMatchObject({ code: 2, stdout: '' });
  });
});
