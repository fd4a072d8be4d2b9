// What is wrong with a job is said at once, by name, before anything runs: JavaScript users have no compiler.

import { from, mapReduce, to } from '@sheaf/job';
import { openJob } from '@sheaf/job/open';
import { limits, UsageError } from '@sheaf/protocol';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

const base = {
  name: 'x',
  input: from.text('in'),
  map: (line: string): [string, number][] => [[line, 1]],
  reduce: (key: string) => [key],
  output: to.jsonl('out'),
};

/** The message of the UsageError that making and compiling the job ends with. */
function refusal(members: object): string {
  try {
    openJob(mapReduce(members as never)).compile({});
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  return 'accepted';
}
const withMembers = (members: object): string => refusal({ ...base, ...members });
const without = (...names: string[]): string => refusal(Object.fromEntries(Object.entries(base).filter(([name]) => !names.includes(name))));

describe('members', () => {
  test('the base is a job, and a member that is undefined is not there', () => {
    expect(refusal(base)).toBe('accepted');
    expect(withMembers({ combine: undefined, inputs: undefined, onError: undefined })).toBe('accepted');
  });

  test('that do not exist are named, with what was meant', () => {
    expect(withMembers({ combiner: () => 1 })).toBe("job 'x': mapReduce has no member 'combiner'. Did you mean 'combine'?");
    expect(withMembers({ Output: 1 })).toBe("job 'x': mapReduce has no member 'Output'. Did you mean 'output'?");
    expect(withMembers({ sortValueBy: 'a' })).toContain("Did you mean 'sortValuesBy'?");
    expect(withMembers({ plan: 1 })).toContain("mapReduce has no member 'plan'. There are: setup, ");
  });

  test('that let records be skipped without saying how many, or in words that are none', () => {
    const withOnError = (onError: unknown) => withMembers({ onError }).replace(/^job 'x':(\n {2}- )?\s*/, '');
    expect(withOnError(true)).toBe(
      "onError must say what is skipped and where it goes: onError: { skip: { maxCount: 100 }, deadLetter: 'bad/' }",
    );
    expect(withOnError({ skip: {}, deadLetter: 'bad' })).toBe(
      'onError.skip has no limit: add maxCount, maxRatio or both (maxRatio: 1 skips whatever is bad)',
    );
    expect(withOnError({ skip: { maxCount: Number.POSITIVE_INFINITY }, deadLetter: 'bad' })).toBe(
      'onError.skip.maxCount must be a whole number of records, but is Infinity; maxRatio: 1 skips whatever is bad',
    );
    expect(withOnError({ skip: { maxRatio: 10 }, deadLetter: 'bad' })).toBe(
      'onError.skip.maxRatio must be a number from 0 to 1, but is 10',
    );
    expect(withOnError({ skip: { maxCount: '7' }, deadLetter: 'bad' })).toContain("but is '7'");
    expect(withOnError({ skip: { maxCount: 1, max: 2 }, deadLetter: 'bad' })).toContain("onError.skip has no member 'max'");
    expect(withOnError({ skip: { maxCount: 1 } })).toContain('onError.deadLetter must be a folder');
    expect(withOnError({ skip: { maxCount: 0, maxRatio: 0 }, deadLetter: 'bad' })).toBe('accepted');
  });

  test('of a later release are refused, never ignored', () => {
    expect(withMembers({ schedule: { cron: '* * * * *' } })).toBe("job 'x': schedule comes with a later release: leave it out for now");
  });

  test('that are missing are asked for', () => {
    expect(without('name')).toBe("this job: it has no name: add name: 'my-job'");
    expect(without('input')).toContain("job 'x': it has no input: add input: p => from.text(p.in)");
    expect(without('map')).toContain("job 'x': it has no map: add *map(record) { yield [key, value]; }");
    expect(without('output')).toContain("job 'x': it has no output: add output: p => to.jsonl(p.out)");
  });

  test('of the wrong kind are named', () => {
    expect(withMembers({ map: 'split' })).toBe("job 'x': map must be a function, but is string");
    expect(withMembers({ params: { in: 'string' } })).toContain('params must be a schema');
    expect(withMembers({ reducers: 0 })).toContain(`reducers must be 'auto' or a whole number from 1 to ${limits.partitionsMax}, but is 0`);
    expect(withMembers({ reducers: 10_001 })).toContain('but is 10001');
    expect(withMembers({ reducers: 2.5 })).toContain('but is 2.5');
    expect(withMembers({ sortValuesBy: { desc: true } })).toContain(
      'sortValuesBy must be a column name, a function of the value, or { by, desc }',
    );
    expect(withMembers({ async map() {} })).toContain('map is asynchronous, but runs per record');
    expect(withMembers({ async *reduce() {} })).toContain('reduce is asynchronous, but runs per record');
    expect(withMembers({ async setup() {}, async teardown() {} })).toBe('accepted');
  });

  test('that do not go together are named', () => {
    expect(withMembers({ mapEmit: () => undefined })).toContain('it has map and mapEmit: keep one of them');
    expect(withMembers({ inputs: [from.text('a')] })).toBe(
      "job 'x':\n  - it has inputs and input: with inputs, each source has its own .map or .flatMap and input goes" +
        '\n  - it has inputs and map: with inputs, each source has its own .map or .flatMap and map goes',
    );
    const { reduce: _, ...mapOnly } = base;
    expect(refusal(mapOnly)).toBe('accepted');
    expect(refusal({ ...mapOnly, combine: () => 1 })).toBe(
      "job 'x': combine without reduce would do nothing: add *reduce(key, values) { for (const value of values) yield [key, value]; }, or remove it",
    );
    expect(refusal({ ...mapOnly, partition: () => 1, sortValuesBy: 'a', reducers: 2, reduceEnd: () => [] })).toContain(
      'partition and sortValuesBy and reduceEnd and reducers without reduce would do nothing',
    );
  });

  test('all that is wrong is said at once', () => {
    const text = refusal({ name: '', map: 1, reducers: -1, colour: 'red', onError: {} });
    expect(text.split('\n')).toHaveLength(9);
    expect(text).toMatch(/^this job:\n {2}- its name must be a non-empty string\n/);
  });

  test('a definition that is no object is refused', () => {
    expect(() => mapReduce(undefined as never)).toThrow('mapReduce takes one object');
    expect(() => mapReduce([] as never)).toThrow('mapReduce takes one object');
  });
});

test('a name is a short text without control characters', () => {
  expect(withMembers({ name: 'häufige Wörter · 2' })).toBe('accepted');
  expect(withMembers({ name: 'x'.repeat(200) })).toBe('accepted');
  expect(withMembers({ name: 'x'.repeat(201) })).toContain('its name is longer than 200 characters');
  expect(withMembers({ name: '  ' })).toContain('its name must be a non-empty string');
  for (const bad of ['a\nb', 'a\u0000', 'a\u001b[31m', 'a\u2028b', 'a\ud800']) {
    expect(withMembers({ name: bad })).toBe('this job: its name contains control characters');
  }
});

test('settings are checked, each by its name', () => {
  const text = withMembers({ settings: { memoryMb: 4, heapMb: 1.5, splitMB: 8, attempts: '3', taskTimeoutMs: Number.POSITIVE_INFINITY } });
  expect(text.split('\n')).toEqual([
    "job 'x':",
    `  - settings.memoryMb must be a whole number from ${limits.memoryMbMin} to ${limits.memoryMbMax}, but is 4`,
    '  - settings.heapMb must be a whole number from 16 to 65536, but is 1.5',
    "  - there is no setting 'splitMB'. Did you mean 'splitMb'?",
    "  - settings.attempts must be a whole number from 1 to 1000, but is '3'",
    '  - settings.taskTimeoutMs must be a whole number from 1 to 2147483647, but is Infinity',
  ]);
  expect(withMembers({ settings: { infrastructureAttempts: 1 } })).toContain("there is no setting 'infrastructureAttempts'");
  expect(withMembers({ settings: { toString: 1 } })).toContain("there is no setting 'toString'");
  expect(withMembers({ settings: 64 })).toContain('settings must be an object with memoryMb, ');
  expect(withMembers({ settings: { memoryMb: limits.memoryMbMin, heapMb: undefined, splitMb: 0.5 } })).toBe('accepted');
  expect(withMembers({ settings: { splitMb: 0 } })).toContain('settings.splitMb must be a number from 0.0625 to 65536, but is 0');
});

describe('what input, inputs and output give', () => {
  test('must be sources and a sink', () => {
    expect(withMembers({ input: 'books/*.txt' })).toBe("job 'x': input must be a source, such as from.text('books/*.txt').");
    expect(withMembers({ input: () => to.jsonl('a') })).toContain('input must be a source');
    expect(withMembers({ output: 'out' })).toBe("job 'x': output must be a sink, such as to.jsonl('counts').");
    const { input: _, map: __, ...rest } = base;
    expect(refusal({ ...rest, inputs: () => [from.text('a'), 'b'] })).toContain('inputs[1] must be a source');
    expect(refusal({ ...rest, inputs: [] })).toContain('inputs must be a list of at least one source.');
    expect(refusal({ ...rest, inputs: from.text('a') })).toContain('inputs must be a list of at least one source.');
  });

  test('must not be a promise', () => {
    const input = async () => Promise.reject(new Error('nobody waits for it'));
    expect(withMembers({ input })).toContain('input must not be asynchronous');
  });

  test('must be given without an error; the error is kept as the cause', () => {
    const error = new TypeError('p.files is not iterable');
    const input = () => {
      throw error;
    };
    const job = openJob(mapReduce({ ...base, input } as never));
    expect(() => job.compile({})).toThrow(
      expect.objectContaining({ message: "job 'x': input threw TypeError: p.files is not iterable", cause: error }),
    );
    expect(withMembers({ output: () => to.jsonl('') })).toBe('job \'x\': to.jsonl: the folder must be a non-empty string, but is "".');
  });
});

test('a default export that is no job is refused with what to write', () => {
  const says = (exported: unknown): string => {
    try {
      openJob(exported);
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      return (error as Error).message;
    }
    return 'accepted';
  };
  expect(says(undefined)).toBe('the job file has no default export. A job file ends with `export default mapReduce({ … })`.');
  expect(says(Promise.resolve())).toContain('the default export is a promise.');
  expect(says(() => mapReduce(base))).toContain('the default export is a function.');
  expect(says(base)).toContain(
    'the default export is a plain object. A job file ends with `export default mapReduce({ … })`: put mapReduce( )',
  );
  expect(says(null)).toContain('the default export is no job, but null.');
  expect(says([])).toContain('but a list.');
  expect(says('job')).toContain('but string.');
  expect(says(from.text('a'))).toContain('is no job');
});

describe('parameters', () => {
  const params = z.strictObject({ in: z.string(), limit: z.coerce.number().int().default(10) });
  const open = (schema: unknown) => openJob(mapReduce({ ...base, params: schema } as never));
  const says = (schema: unknown, raw: object): Promise<string> =>
    open(schema)
      .validate(raw as never)
      .then(
        value => JSON.stringify(value),
        error => {
          expect(error).toBeInstanceOf(UsageError);
          return error.message;
        },
      );

  test('are what the schema gives', async () => {
    expect(await open(params).validate({ in: 'a', limit: '7' })).toEqual({ in: 'a', limit: 7 });
    expect(await open(params.refine(async () => true)).validate({ in: 'a' })).toEqual({ in: 'a', limit: 10 });
  });

  test('that are wrong are all named', async () => {
    const text = await says(params, { limit: 'many', out: 'b' });
    expect(text.split('\n')).toEqual([
      "job 'x': wrong parameters:",
      expect.stringMatching(/^ {2}- in: is missing · Invalid input: expected string/),
      expect.stringMatching(/^ {2}- limit: Invalid input: expected number/),
      expect.stringMatching(/^ {2}- Unrecognized key: "out"/),
    ]);
    expect(await says(z.object({ folder: z.string() }), { floder: 'a' })).toContain(
      "folder: is missing ('floder' was given: did you mean 'folder'?)",
    );
    expect(await says(z.object({ at: z.object({ day: z.string() }) }), { at: {} })).toContain('at.day: Invalid input');
    expect(
      await says(
        params.refine(async () => false, 'nothing fits'),
        { in: 'a' },
      ),
    ).toContain('  - nothing fits');
  });

  test('of a job without params are one too many', async () => {
    expect(await says(undefined, {})).toBe('{}');
    expect(await says(undefined, { in: 'a', out: 'b' })).toContain("job 'x' takes no parameters, but got in, out.");
  });

  test('whose schema itself fails say so', async () => {
    const schema = { '~standard': { vendor: 'x', validate: () => Promise.reject(new Error('no database')) } };
    expect(await says(schema, {})).toBe("job 'x': the schema of its params threw Error: no database");
  });
});
