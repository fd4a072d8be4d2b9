// `sheaf run`, as a user sees it: results, failures, mistakes, Ctrl-C; and that nothing is left after any of them.

import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { endlessItems, manyWays, needsEquals, printing, spinning, wordCount } from './jobs.ts';
import { UserFolder } from './sheaf-process.ts';

let user: UserFolder;
beforeEach(() => {
  user = new UserFolder();
  user.write('wc.ts', wordCount);
  user.write('in/a.txt', 'a rose is a rose\n');
  user.write('in/b.txt', 'is it a rose\n');
});
afterEach(async () => {
  expect(await user.leftovers()).toEqual([]);
  user.remove();
});

const counts = ['{"word":"a","n":3}', '{"word":"is","n":2}', '{"word":"it","n":1}', '{"word":"rose","n":3}'];
const sorted = (parts: { [name: string]: string }): string[] => Object.values(parts).join('').trim().split('\n').sort();

test('a word count prints its output folder, and its bytes are those of --inline', async () => {
  const cluster = await user.run('run', 'wc.ts', '-p', 'in=in', '-p', 'out=cluster');
  expect(cluster).toMatchObject({ code: 0, stdout: `${user.path}/cluster\n` });
  expect(cluster.stderr).toMatch(/word-count \(j[0-9a-z]{12}\) on 1 worker\n[\s\S]*word-count succeeded in .* s, 2 records read\n$/);
  const inline = await user.run('run', 'wc.ts', '-p', 'in=in', '-p', 'out=inline', '--inline');
  expect(inline).toMatchObject({ code: 0, stdout: `${user.path}/inline\n` });
  expect(sorted(user.parts('cluster'))).toEqual(counts);
  expect(user.parts('inline')).toEqual(user.parts('cluster'));
  expect(user.names()).toEqual(['.cache', 'cluster', 'in', 'inline', 'wc.ts']);
  // The token of a cluster elsewhere is none of its own cluster's business.
  user.environment.SHEAF_TOKEN_FILE = user.write('token', 'a token of some other cluster');
  expect(await user.run('run', 'wc.ts', '-p', 'in=in', '-p', 'out=again')).toMatchObject({ code: 0 });
});

test('--json gives one status or note a line, the last one a status that is complete', async () => {
  const { code, stdout } = await user.run('run', 'wc.ts', '-p', 'in=in', '-p', 'out=out', '--json', '--workers', '1', '--slots', '2');
  const statuses = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  expect(code).toBe(0);
  expect(statuses.at(-1)).toMatchObject({
    name: 'word-count',
    state: 'succeeded',
    stages: [
      { name: 'map', total: 2, done: 2, running: 0, failed: 0 },
      { name: 'reduce', total: 2, done: 2, running: 0, failed: 0 },
    ],
    output: [`${user.path}/out`],
    error: null,
  });
  expect(statuses.every(line => 'note' in line || line.id === statuses[0].id)).toBe(true);
});

test('--json gives notes too, told apart from statuses', async () => {
  user.write('bad.ts', needsEquals);
  const { code, stdout } = await user.run('run', 'bad.ts', '-p', 'in=in', '-p', 'out=out', '--json');
  expect(code).toBe(1);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
  const notes = lines.filter(line => 'note' in line);
  expect(notes.map(({ note }) => note.failure?.code)).toContain('E_USER_CODE');
  expect(notes.every(line => !('state' in line))).toBe(true);
  expect(lines.at(-1)).toMatchObject({ state: 'failed', error: { code: 'E_USER_CODE' } });
});

describe('what a job prints', () => {
  beforeEach(() => {
    user.write('say.ts', printing);
    user.write('one.txt', 'hello\n');
  });

  it.each([
    ['on a cluster', ['--workers', '1', '--slots', '1'], (task: string) => `${task} │ `],
    ['inline', ['--inline'], () => ''],
  ])('is on standard error, before the end is told, and never among the results: %s', async (_, flags, label) => {
    for (const json of [false, true]) {
      const more = json ? ['--json', '--overwrite'] : [];
      const { code, stdout, stderr } = await user.run('run', 'say.ts', '-p', 'in=one.txt', '-p', 'out=out', ...flags, ...more);
      expect(code).toBe(0);
      if (json) for (const line of stdout.trimEnd().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object');
      else expect(stdout).toBe(`${user.path}/out\n`);
      const lines = stderr.trimEnd().split('\n');
      expect(lines).toContain('the file is loaded');
      const texts = ['out hello', 'error hello', 'warn: logged {"line":"hello"}'].map(text => `${label('map@0')}${text}`);
      // Standard output and standard error of an executor are two pipes.
      expect(lines.filter(line => line.includes('hello')).sort()).toEqual(texts.sort());
      expect(lines.filter(line => line.includes('no line end'))).toHaveLength(1);
      if (!json) expect(lines.at(-1)).toMatch(/^printing succeeded/);
    }
  });

  it('is bounded, and the number of what is left out is told', async () => {
    user.write('one.txt', 'flood\n');
    const { code, stderr } = await user.run('run', 'say.ts', '-p', 'in=one.txt', '-p', 'out=out', '--workers', '1');
    expect(code).toBe(0);
    const shown = stderr.split('\n').filter(line => line.includes(' │ ')).length;
    const [, left] = /\nthe job printed (\d+) more lines, which are not shown\n/.exec(stderr) ?? [];
    // Each executor also says that it has loaded the file.
    expect(shown + Number(left)).toBeGreaterThan(5_004);
    expect(shown + Number(left)).toBeLessThan(5_010);
    expect(shown).toBeLessThan(2_000);
  });
});

describe('a job that fails', () => {
  it.each([['on a cluster'], ['inline']])('is reported once, and leaves no output: %s', async where => {
    user.write('bad.ts', needsEquals);
    user.write('kv.txt', 'a=1\nb=2\nnothing here\nd=4\n');
    const flags = where === 'inline' ? ['--inline'] : [];
    const { code, stdout, stderr } = await user.run('run', 'bad.ts', '-p', 'in=kv.txt', '-p', 'out=out', ...flags);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const report = stderr.slice(stderr.indexOf('kv.txt:3'));
    const lines = [
      'kv.txt:3 (byte 8)',
      '  record: nothing here',
      "  TypeError: Cannot read properties of undefined (reading 'toUpperCase')",
      'bad.ts:11:19',
      '  11 |     yield [value!.toUpperCase(), 1];',
    ];
    expect(report.split('\n').slice(0, 5)).toEqual(lines);
    expect(stderr.split('nothing here')).toHaveLength(2);
    if (where === 'on a cluster') expect(stderr).toMatch(/\nin j\w+\/map@\d#\d\.\d+ on worker w\w+\nneeds-equals failed \(j\w+\)\n$/);
    expect(user.names()).toEqual(['.cache', 'bad.ts', 'in', 'kv.txt', 'wc.ts']);
  });
});

describe('a mistake is one line on standard error and ends with 2', () => {
  it.each([
    ['a missing job file', ['run', 'nope.ts'], /nope\.ts/],
    ['a parameter that is missing', ['run', 'wc.ts', '-p', 'in=in'], /^error: job 'word-count': wrong parameters:\n {2}- out: /m],
    ['a parameter without a value', ['run', 'wc.ts', '-p', 'in'], /name=value/],
    ['a parameter given twice', ['run', 'wc.ts', '-p', 'in=a', '-p', 'in=b'], /-p in is given twice/],
    ['a parameters file that is not there', ['run', 'wc.ts', '--params', 'nope.json'], /--params: .*nope\.json cannot be read/],
    ['input that matches nothing', ['run', 'wc.ts', '-p', 'in=none/*.txt', '-p', 'out=out'], /none\/\*\.txt: no file matches/],
    ['input that matches nothing, inline', ['run', 'wc.ts', '-p', 'in=none/*.txt', '-p', 'out=out', '--inline'], /no file matches/],
    ['an output that exists', ['run', 'wc.ts', '-p', 'in=in', '-p', 'out=in2'], /in2: the output exists; .*--overwrite/],
    [
      'records sent more ways than there is memory for',
      ['run', 'ways.ts'],
      /^error: ways\.ts:7:19: job 'many-ways': stage 'read' sends its records 20 ways, for which settings\.memoryMb \(64\) is too small: raise it to \d+ or more$/m,
    ],
    ['an unknown option', ['run', 'wc.ts', '--wrokers', '3'], /unknown option '--wrokers' \(Did you mean --workers\?\)/],
    ['an unknown command', ['runn'], /unknown command 'runn' \(Did you mean run\?\)/],
    ['a number out of its range', ['run', 'wc.ts', '--workers', '0'], /--workers.*from 1 to 64/],
    ['no coordinator', ['jobs'], /--coordinator .*SHEAF_COORDINATOR/],
    ['something that is no job id', ['status', 'x', '--coordinator', 'localhost:1'], /'x' is no job id/],
  ])('%s', async (_, args, says) => {
    user.write('in2/old', 'old');
    user.write('ways.ts', manyWays);
    const { code, stdout, stderr } = await user.run(...args);
    expect(stderr).toMatch(says);
    const errors = stderr.split('\n').filter(line => line.startsWith('error: '));
    expect(errors).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('from.items whose code throws is a mistake, told with its line', () => {
  const throwing = (body: string): string => endlessItems.replace(/async function\* \(\) \{[\s\S]*\n {2}\}\)/, `${body})`);
  it.each([
    [
      'a generator',
      "function* (): Iterable<number> {\n    yield 1;\n    throw new RangeError('no more');\n  }",
      'items.ts:8:11: from.items threw RangeError: no more',
    ],
    ['a function', "() => {\n    throw new Error('none at all');\n  }", 'items.ts:7:11: from.items threw Error: none at all'],
    ['an item that cannot be carried', '() => [1, () => 2]', 'item 1 cannot be carried to a task: value is a function'],
    ['what is no iterable', '() => 5 as never', 'from.items: the function must give an array'],
  ])('%s', async (_, body, says) => {
    user.write('items.ts', throwing(body));
    for (const command of [['run'], ['run', '--inline'], ['explain']]) {
      const { code, stdout, stderr } = await user.run(...command, 'items.ts');
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('error: ');
      expect(stderr).toContain(says);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });
});

test.each(['submit --coordinator localhost:1', 'explain', 'run --inline', 'run'])(
  'a signal while the job is planned ends %s with 130, and nothing is left',
  async line => {
    user.write('endless.ts', endlessItems);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      const running = await user.start(...line.split(' '), 'endless.ts');
      await running.said(/making items/);
      running.child.kill(signal);
      expect(await running.ended).toMatchObject({ code: 130, stdout: '' });
      expect(await user.leftovers()).toEqual([]);
    }
  },
);

describe('an interrupted run', () => {
  beforeEach(() => {
    user.write('spin.ts', spinning);
  });

  it('ends with 130 and leaves nothing when Ctrl-C reaches its whole process group', async () => {
    const running = await user.start('run', 'spin.ts', '-p', 'in=in', '-p', 'out=out');
    await running.said(/map 0\/2 · \d running/);
    process.kill(-(running.child.pid ?? 0), 'SIGINT');
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/spinning was cancelled/);
    expect(await user.leftovers()).toEqual([]);
    expect(user.names()).toEqual(['in', 'spin.ts', 'wc.ts', '.cache'].sort());
  });

  it('that is killed takes its processes, temporary files and staging with it', async () => {
    const running = await user.start('run', 'spin.ts', '-p', 'in=in', '-p', 'out=out');
    await running.said(/map 0\/2 · \d running/);
    running.child.kill('SIGKILL');
    await running.ended;
    expect(await user.leftovers()).toEqual([]);
    expect(user.names()).toEqual(['in', 'spin.ts', 'wc.ts', '.cache'].sort());
  });
});
