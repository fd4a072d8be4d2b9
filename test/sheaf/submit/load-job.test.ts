// A bundle is loaded as a job; what is wrong with the job is told with the user's line.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '@sheaf/protocol';
import { expect, test } from 'vitest';
import { bundleJob } from '../../../packages/sheaf/src/submit/bundler.ts';
import { loadJob } from '../../../packages/sheaf/src/submit/load-job.ts';
import { jobFolder, jobText } from './job-folder.ts';

/** The message that loading and compiling a job file ends with. */
async function refusal(text: string, helper = ''): Promise<string> {
  const folder = await jobFolder({ 'job.ts': text, 'helper.ts': helper });
  try {
    const bundle = await bundleJob(join(folder.path, 'job.ts'), { cacheFolder: null });
    (await loadJob(bundle, join(folder.path, 'loaded'))).compile({ in: 7 });
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.replaceAll(`${folder.path}/`, '');
  }
  return 'accepted';
}

test('the folder holds the module and its map, named by the hash, and nothing else', async () => {
  const folder = await jobFolder({ 'job.ts': jobText('line') });
  const bundle = await bundleJob(join(folder.path, 'job.ts'), { cacheFolder: null });
  const directory = join(folder.path, 'loaded');
  const jobs = await Promise.all([loadJob(bundle, directory), loadJob(bundle, directory)]);
  expect(jobs.map(job => job.name)).toEqual(['x', 'x']);
  const name = `${bundle.sha256}.mjs`;
  expect((await readdir(directory)).sort()).toEqual([name, `${name}.map`]);
  const text = await readFile(join(directory, name), 'utf8');
  expect(text).toBe(`${new TextDecoder().decode(bundle.code)}\n//# sourceMappingURL=${name}.map\n`);
});

test('a job that cannot be made names the line where it is made', async () => {
  const text = jobText('line').replace('input:', 'inptu:');
  expect(await refusal(text)).toMatch(/^job\.ts:3:16: job 'x':\n {2}- mapReduce has no member 'inptu'\. Did you mean 'input'\?\n/);
});

test('a source or a sink that cannot be made names the line in the function that makes it', async () => {
  const text = jobText('line').replace("from.text('in')", '(p: { in: string }) =>\n  from.text(p.in)');
  expect(await refusal(text)).toBe("job.ts:4:8: job 'x': from.text: a path must be a non-empty string, but is 7.");
});

test('a helper that throws is named', async () => {
  const text = jobText('line', "import { paths } from './helper.ts';").replace("from.text('in')", '() => paths()');
  const helper = "\nexport function paths(): never {\n  throw new RangeError('no day');\n}\n";
  expect(await refusal(text, helper)).toBe("helper.ts:3:9: job 'x': input threw RangeError: no day");
});

test('a job file without a default export, and one that throws at its top level', async () => {
  expect(await refusal('export const job = 1;')).toContain('the job file has no default export.');
  expect(await refusal("\nthrow new TypeError('no network');")).toBe(
    'job.ts:2:7: the job file threw while it was loaded: TypeError: no network',
  );
});
