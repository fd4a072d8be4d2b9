// One record for each file of a folder: its size, its lines and its checksum. For everything that is taken as a whole, such as
// images, documents or logs of one run.
//
//   sheaf run job.ts -p in=folder -p out=files

import { createHash } from 'node:crypto';
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'each-file',
  params: z.object({ in: z.string(), out: z.string() }),

  // All files under the folder, at any depth, but for those whose name starts with `_` or `.`. Small files share a task.
  // A file must fit in memory; the content of a .gz file is what it unpacks to.
  input: p => from.files(p.in),

  // Without `reduce` there is no shuffle: what map yields is written, in the order of the paths.
  *map(file) {
    const bytes = file.bytes();
    let lines = 0;
    for (const byte of bytes) if (byte === 0x0a) lines += 1;
    yield { path: file.path, bytes: bytes.length, lines, sha256: createHash('sha256').update(bytes).digest('hex') };
  },
  output: p => to.csv(p.out, { columns: ['path', 'bytes', 'lines', 'sha256'] }),
});
