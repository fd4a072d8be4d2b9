// A pack's promise: runs come out byte for byte as they went in, under the names in their headers, and a pack that was cut off or
// damaged anywhere gives its whole frames from the front and nothing else.

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { runWriterBytes } from '@sheaf/protocol/graph';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { framesOf, PackWriter } from '../../../packages/worker/src/data/pack.ts';
import { RunFile, runIn } from '../../../packages/worker/src/data/run-file.ts';
import { RunWriter } from '../../../packages/worker/src/data/run-writer.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-pack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const idsOf = (task: number) => ({ job: 'jpack0000001', stage: 0, task, attempt: `1.${task + 1}`, edge: 0 });

/** The bytes of a run of one record, and the hash it was finished with. */
function imageOf(task: number, memory: TaskMemory): { readonly image: Uint8Array; readonly hash: string } {
  memory.reset();
  const region = memory.reserve(runWriterBytes);
  const path = join(folder, `alone-${task}`, 'edge-0.run');
  const writer = new RunWriter({ memory, region, path, ids: idsOf(task), partitions: 1, ordered: false, indexBlocks: false });
  const at = memory.reserve(16).from;
  memory.bytes[at] = task;
  writer.beginSegment();
  writer.put(0, at, 0, 0, at, 1);
  writer.endSegment();
  const { image, hash } = writer.finish(8_192);
  if (image === null) throw new Error('a run of one record is small');
  return { image, hash };
}

describe('a pack', () => {
  test.prop([fc.array(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 4 }), { maxLength: 20 })])(
    'gives back what was appended, frame by frame',
    frames => {
      const path = join(folder, `pack-${Math.random()}.runs`);
      const writer = new PackWriter();
      const places = frames.map(runs => writer.append(path, runs));
      writer.close();
      if (frames.length === 0) return;
      const bytes = readFileSync(path);
      expect(framesOf(path).map(({ runs }) => runs.map(({ at }) => at))).toEqual(places);
      const read = framesOf(path).map(({ runs }) => runs.map(({ at, bytes: length }) => Uint8Array.from(bytes.subarray(at, at + length))));
      expect(read).toEqual(frames);
    },
  );

  it('holds runs that are read in their place, each under its own name', () => {
    const memory = new TaskMemory(16);
    const path = join(folder, 'pack-1.runs');
    const writer = new PackWriter();
    const made = [0, 1, 2].map(task => {
      const { image, hash } = imageOf(task, memory);
      return { task, hash, at: writer.append(path, [image])[0] ?? -1, bytes: image.length };
    });
    writer.close();
    for (const { task, hash, at, bytes } of made) {
      expect(runIn({ path, at, bytes })).toEqual({ ids: idsOf(task), hash });
      new RunFile({ path, at, bytes }, idsOf(task)).close();
      expect(() => new RunFile({ path, at, bytes }, idsOf(task + 1))).toThrow('the run of jpack0000001/0@');
    }
  });

  it('that was cut, or whose heads were damaged, gives the frames before that', () => {
    const path = join(folder, 'pack-1.runs');
    const writer = new PackWriter();
    const ends = [1, 2, 3].map(n => {
      writer.append(path, [new Uint8Array(n), new Uint8Array(10 * n)]);
      return readFileSync(path).length;
    });
    writer.close();
    const whole = readFileSync(path);
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      expect(framesOf(path).length).toBe(ends.filter(end => end <= cut).length);
    }
    const headAt = ends[0] ?? 0;
    for (let at = headAt; at < headAt + 24; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 0x41;
      writeFileSync(path, damaged);
      expect(framesOf(path).length).toBe(1);
    }
  });

  it('is written by one alone', () => {
    const path = join(folder, 'pack-1.runs');
    const writer = new PackWriter();
    writer.append(path, [new Uint8Array(1)]);
    expect(() => new PackWriter().append(path, [new Uint8Array(1)])).toThrow('EEXIST');
    writer.close();
  });
});
