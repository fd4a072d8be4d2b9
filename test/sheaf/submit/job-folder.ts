// A folder outside every package, with the files of a job in it.

import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface JobFolder {
  readonly path: string;
  /** Writes files by their path in the folder; gives the path of the first. */
  write(files: { readonly [path: string]: string }): Promise<string>;
}

/** Makes the folder and writes the files; it is removed when the test has finished. */
export async function jobFolder(files: { readonly [path: string]: string } = {}): Promise<JobFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'sheaf-job-')));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const write = async (written: { readonly [path: string]: string }): Promise<string> => {
    for (const [name, text] of Object.entries(written)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
    return join(path, Object.keys(written)[0] ?? '');
  };
  await write(files);
  return { path, write };
}

/** A job of which only `map` is of interest. */
export function jobText(map: string, head = ''): string {
  return `import { from, mapReduce, to } from 'sheaf';
${head}
export default mapReduce({ name: 'x', input: from.text('in'), map: (line: string) => [${map}], output: to.jsonl('out') });
`;
}
