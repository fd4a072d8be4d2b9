// A worker of another machine fetches of a map output what its tasks read, and each byte once: counted at the owner, in two
// tasks that overlap, when the owner dies in the middle, and over runs and readers drawn by chance. What was not fetched is
// a hole, and no reader takes it for data.

import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { type AttemptId, attemptIdOf, epochOf, type Failure, FailureError, limits, parseJobId, parseWorkerId } from '@sheaf/protocol';
import type { OutputLocation } from '@sheaf/protocol/messages';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ByteRange, PartitionRange } from '../../../packages/worker/src/data/read-ranges.ts';
import { CorruptRun, type RunIds } from '../../../packages/worker/src/data/run-format.ts';
import { outputsIn } from '../../../packages/worker/src/executor/local-outputs.ts';
import { union } from '../../../packages/worker/src/host/byte-ranges.ts';
import { HttpGet } from '../../../packages/worker/src/host/http-get.ts';
import { HttpTransport } from '../../../packages/worker/src/host/http-transport.ts';
import { Localiser } from '../../../packages/worker/src/host/localiser.ts';
import type { ServedOutput } from '../../../packages/worker/src/host/output-table.ts';
import { Owner } from './owner.ts';
import { evenShape, type RunShape, recordsOf, stretchesOf, writePartitionedRun } from './partitioned-run.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const attempt = (counter: number): AttemptId => attemptIdOf(epochOf(1), counter);
const headBytes = 256 + limits.fetchTailBytes;
/** Stretches of 100 kB, more than a gap that is fetched along. */
const wide = evenShape({ segments: 2, partitions: 8, records: 100, recordBytes: 1000 });

interface Produced extends ServedOutput {
  readonly ids: RunIds;
  readonly location: OutputLocation;
}

/** A map output of that shape, which the owner serves. */
function produce(owner: Owner, shape: RunShape, task = 0): Produced {
  const name = { job, task, attempt: attempt(task + 1), edge: 3 };
  const ids = { ...name, stage: 1 };
  const path = join(temporaryFolder(), 'edge-3.run');
  const bytes = writePartitionedRun(path, ids, shape);
  owner.add({ ...name, path, bytes });
  const place = { worker: parseWorkerId('wbbbbbbbb'), address: owner.address, host: 'there', path, bytes, hash: '0'.repeat(32) };
  return { ...name, path, bytes, ids, location: { task, attempt: name.attempt, ...place } };
}

class Reader {
  readonly folder = join(temporaryFolder(), 'fetched');
  readonly localiser: Localiser;
  private readers = 100;

  constructor() {
    const get = new HttpGet({ token: null, connectionsMax: limits.fetchesInFlightMax });
    this.localiser = new Localiser({ machine: 'here', transport: new HttpTransport(get), folderOf: () => this.folder });
    onTestFinished(async () => {
      await this.localiser.close();
      get.close();
    });
  }

  /** What a task gets that reads these partitions of these outputs: the paths of their local files. */
  async read(outputs: readonly Produced[], partitions: PartitionRange | null, reader = attempt(this.readers++)): Promise<string[]> {
    return this.readOn([3], outputs, { partitions, reader });
  }

  /** The same of each of these edges, which share the runs of edge 3. */
  async readOn(
    edges: readonly number[],
    outputs: readonly Produced[],
    { partitions, reader = attempt(this.readers++) }: { readonly partitions: PartitionRange | null; readonly reader?: AttemptId },
  ): Promise<string[]> {
    const locations = outputs.map(({ location }) => location);
    const wanted = Object.fromEntries(edges.map(edge => [edge, locations]));
    const request = { job, attempt: reader, outputs: wanted, readsOf: () => partitions, producerOf: () => 1, runOf: () => 3 };
    const sources = await this.localiser.localise(request);
    return edges.flatMap(edge => [...outputsIn(sources[edge])].map(({ path }) => path));
  }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (thrown instanceof FailureError) return thrown.failure;
  throw thrown;
}

/** A byte of the only file in a folder; 0 for a hole, and before there is a file. */
function byteOf(folder: string, at: number): number {
  const [name] = existsSync(folder) ? readdirSync(folder) : [];
  if (name === undefined) return 0;
  return readFileSync(join(folder, name))[at] ?? 0;
}

/** Where the records of these partitions lie. */
function storedIn({ path, ids }: Produced, { from, to }: PartitionRange): ByteRange[] {
  const read = stretchesOf(path, ids).filter(({ partition }) => partition >= from && partition < to);
  return read.map(({ offset, storedBytes }) => ({ from: offset, to: offset + storedBytes }));
}

function sizeOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** Whether two ranges of one output have a byte in common. */
function hasRepeats(asked: Owner['asked']): boolean {
  return asked.some((a, i) => asked.slice(i + 1).some(b => a.attempt === b.attempt && a.from < b.to && b.from < a.to));
}

function partitionsFrom(from: number, to = from + 1): PartitionRange {
  return { from, to };
}

describe('a partial fetch', () => {
  it('moves the bytes once that edges share', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const reader = new Reader();
    const paths = [
      ...(await reader.readOn([3, 5], [output], { partitions: partitionsFrom(2) })),
      ...(await reader.readOn([7], [output], { partitions: partitionsFrom(1, 3) })),
    ];
    expect(new Set(paths).size).toBe(1);
    expect(hasRepeats(owner.asked)).toBe(false);
    const read = partitionsFrom(1, 3);
    expect(recordsOf(paths[0] ?? '', output.ids, read)).toEqual(recordsOf(output.path, output.ids, read));
    await reader.localiser.release(job, edge => edge === 3);
    expect(readdirSync(reader.folder)).toEqual([]);
  });

  it('moves the partitions that are read, the header and the end, and nothing else', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const read = partitionsFrom(2);
    const [path = ''] = await new Reader().read([output], read);
    const stored = storedIn(output, read);
    expect(stored.length).toBe(2);
    expect(
      owner.asked
        .slice(2)
        .map(({ from, to }) => ({ from, to }))
        .sort((a, b) => a.from - b.from),
    ).toEqual(stored);
    expect(owner.servedBytes).toBe(sizeOf(stored) + headBytes);
    expect(owner.servedBytes).toBeLessThan(output.bytes / 6);
    expect(statSync(path).size).toBe(output.bytes);
    expect(recordsOf(path, output.ids, read)).toEqual(recordsOf(output.path, output.ids, read));
    expect(recordsOf(path, output.ids, read)).toHaveLength(200);
  });

  it('leaves holes that nobody takes for records', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const [path = ''] = await new Reader().read([output], partitionsFrom(2));
    for (const partition of [0, 1, 3, 4, 5, 6]) {
      expect(() => recordsOf(path, output.ids, partitionsFrom(partition)), `partition ${partition}`).toThrow(CorruptRun);
    }
  });

  it('joins neighbours, and what only a small gap keeps apart', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    await new Reader().read([output], partitionsFrom(2, 5));
    expect(owner.asked.slice(2)).toHaveLength(2);

    // Segments of 50 kB: from one to the next it is less than a gap.
    const narrow = produce(owner, evenShape({ segments: 4, partitions: 5, records: 10, recordBytes: 1000 }), 1);
    owner.asked.length = 0;
    await new Reader().read([narrow], partitionsFrom(1));
    const stored = storedIn(narrow, partitionsFrom(1));
    const largest = owner.asked.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a));
    expect(largest.from).toBe(stored[0]?.from);
    expect(owner.asked).toHaveLength(3);
    expect(hasRepeats(owner.asked)).toBe(false);
  });

  it('fetches a small output at once, and a large stretch in pieces', async () => {
    const owner = await Owner.start();
    const small = produce(owner, evenShape({ segments: 1, partitions: 3, records: 5, recordBytes: 1000 }));
    await new Reader().read([small], partitionsFrom(1));
    expect(owner.asked).toEqual([{ attempt: attempt(1), from: 0, to: small.bytes }]);

    const large = produce(owner, evenShape({ segments: 1, partitions: 2, records: 20, recordBytes: 500_000 }), 1);
    const reader = new Reader();
    const [path = ''] = await reader.read([large], partitionsFrom(1));
    expect(owner.asked.every(({ from, to }) => to - from <= limits.fetchBytesMax)).toBe(true);
    expect(owner.asked.length).toBe(1 + 2 + 3);
    expect(recordsOf(path, large.ids, partitionsFrom(1))).toHaveLength(20);
  });

  it('gives all of a run to whoever reads all of it, and then has nothing left to fetch', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const reader = new Reader();
    await reader.read([output], partitionsFrom(7));
    const [path = ''] = await reader.read([output], null);
    expect(owner.servedBytes).toBe(output.bytes);
    expect(recordsOf(path, output.ids, partitionsFrom(0, 8))).toEqual(recordsOf(output.path, output.ids, partitionsFrom(0, 8)));
    owner.die();
    await reader.read([output], partitionsFrom(3));
  });

  it('fetches a footer that is longer than the end which comes first', async () => {
    const owner = await Owner.start();
    const output = produce(owner, evenShape({ segments: 3, partitions: 300, records: 1, recordBytes: 500 }));
    const [path = ''] = await new Reader().read([output], partitionsFrom(123));
    expect(recordsOf(path, output.ids, partitionsFrom(123))).toHaveLength(3);
    expect(hasRepeats(owner.asked)).toBe(false);
  });

  it('needs no records of a partition without any', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const [path = ''] = await new Reader().read([output], partitionsFrom(8));
    expect(owner.servedBytes).toBe(headBytes);
    expect(recordsOf(path, output.ids, partitionsFrom(8))).toEqual([]);
  });
});

describe('tasks that read the same output', () => {
  it('share what is under way and ask only for the rest', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const reader = new Reader();
    owner.holdsFrom = 2;
    const [first, second] = [reader.read([output], partitionsFrom(0, 4)), reader.read([output], partitionsFrom(2, 6))];
    // Two stretches in one, and the two behind them.
    await expect.poll(() => owner.asked.length).toBe(2 + 2 + 2);
    owner.open();
    const paths = [await first, await second].flat();
    expect(new Set(paths).size).toBe(1);
    expect(readdirSync(reader.folder)).toEqual(['3-0-1.1.run']);
    expect(hasRepeats(owner.asked)).toBe(false);
    expect(owner.servedBytes).toBe(sizeOf(storedIn(output, partitionsFrom(0, 6))) + headBytes);
    expect(recordsOf(paths[0] ?? '', output.ids, partitionsFrom(0, 6))).toHaveLength(1200);

    // A third finds most of it here.
    const before = owner.servedBytes;
    await reader.read([output], partitionsFrom(5, 7));
    expect(owner.servedBytes - before).toBe(sizeOf(storedIn(output, partitionsFrom(6))));
  });

  it('go on when one of them waits no longer; what it alone waited for is given up', async () => {
    const owner = await Owner.start();
    const [shared, alone] = [produce(owner, wide, 0), produce(owner, wide, 1)];
    const reader = new Reader();
    owner.holdsFrom = 4;
    const stopped = failureOf(reader.read([shared, alone], partitionsFrom(1), attempt(50)));
    const other = reader.read([shared], partitionsFrom(1), attempt(51));
    await expect.poll(() => owner.asked.length).toBe(4 + 4);
    reader.localiser.stop(attempt(50));
    expect((await stopped).message).toContain('nobody waits');
    owner.open();
    const [path = ''] = await other;
    expect(recordsOf(path, shared.ids, partitionsFrom(1))).toHaveLength(200);
    expect(hasRepeats(owner.asked)).toBe(false);
    // Whoever wants what was given up asks for it again.
    const [again = ''] = await reader.read([alone], partitionsFrom(1));
    expect(recordsOf(again, alone.ids, partitionsFrom(1))).toHaveLength(200);
    expect(owner.asked).toHaveLength(4 + 4 + 2);
  });

  it('have no more requests under way than one would', async () => {
    const owner = await Owner.start();
    const outputs = Array.from({ length: 12 }, (_, task) => produce(owner, wide, task));
    const reader = new Reader();
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
    owner.holdsFrom = 0;
    const tasks = [0, 2, 4, 6].map(partition => reader.read(outputs, partitionsFrom(partition)));
    await expect.poll(() => owner.asked.length).toBe(limits.fetchesInFlightMax);
    owner.open();
    await Promise.all(tasks);
    expect(owner.mostInFlight).toBeLessThanOrEqual(limits.fetchesInFlightMax);
    expect(warnings).toEqual([]);
    expect(hasRepeats(owner.asked)).toBe(false);
  });
});

describe('an owner that fails', () => {
  it('in the middle loses the output; what came stays, and the rest comes from where it is later', async () => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const reader = new Reader();
    await reader.read([output], partitionsFrom(4));
    owner.holdsFrom = owner.asked.length + 1;
    const failure = failureOf(reader.read([output], partitionsFrom(4, 6), attempt(60)));
    await expect.poll(() => owner.asked.length).toBe(6);
    owner.die();
    expect(await failure).toMatchObject({ code: 'E_MAP_OUTPUT_LOST', lost: { stage: 1, task: 0, attempt: '1.1' } });

    const back = await Owner.start();
    back.add(output);
    const location = { ...output.location, address: back.address };
    const [path = ''] = await reader.read([{ ...output, location }], partitionsFrom(4, 6), attempt(60));
    // It was given one stretch of partition 5 at most before it died.
    expect(back.servedBytes).toBeLessThanOrEqual(sizeOf(storedIn(output, partitionsFrom(5))));
    expect(back.asked.length).toBeLessThanOrEqual(2);
    expect(recordsOf(path, output.ids, partitionsFrom(4, 6))).toHaveLength(400);
  });

  it('is asked again from where an answer was cut', async () => {
    const owner = await Owner.start();
    const output = produce(owner, evenShape({ segments: 1, partitions: 8, records: 100, recordBytes: 1000 }));
    const reader = new Reader();
    const read = partitionsFrom(3, 7);
    const [stored] = union(storedIn(output, read)) as [ByteRange];
    owner.stopsAtByte = headBytes + 30_000;
    const reading = reader.read([output], read);
    await expect.poll(() => byteOf(reader.folder, stored.from + 30_000 - 1)).not.toBe(0);
    owner.cut();
    const [path = ''] = await reading;
    expect(owner.asked.at(-1)).toEqual({ attempt: attempt(1), from: stored.from + 30_000, to: stored.to });
    expect(owner.servedBytes).toBe(stored.to - stored.from + headBytes);
    expect(recordsOf(path, output.ids, read)).toHaveLength(400);
  });

  it('says so with its answer, and the rest is given up', async () => {
    const owner = await Owner.start();
    const outputs = [0, 1, 2].map(task => produce(owner, wide, task));
    owner.remove({ job, attempt: attempt(2) });
    const failure = await failureOf(new Reader().read(outputs, partitionsFrom(1)));
    expect(failure).toMatchObject({ code: 'E_MAP_OUTPUT_LOST', lost: { task: 1 } });
    expect(failure.message).toContain('404');
  });

  const otherRun = ({ path, ids }: Produced) => writePartitionedRun(path, { ...ids, attempt: attempt(9) }, wide);
  const otherFooter = ({ path, bytes }: Produced) => {
    const file = openSync(path, 'r+');
    writeSync(file, '?', bytes - 100);
    closeSync(file);
  };
  it.each([
    ['gives another output under its name', otherRun, 'it is another output'],
    ['has a footer that fails its checksum', otherFooter, 'the footer fails its checksum'],
  ])('%s: E_CORRUPT, and the next reader fetches it anew', async (_, damage, message) => {
    const owner = await Owner.start();
    const output = produce(owner, wide);
    const reader = new Reader();
    damage(output);
    const failure = await failureOf(reader.read([output], partitionsFrom(1)));
    expect(failure).toMatchObject({ code: 'E_CORRUPT', lost: { stage: 1, task: 0, attempt: '1.1' } });
    expect(failure.message).toContain(message);
    writePartitionedRun(output.path, output.ids, wide);
    const [path = ''] = await reader.read([output], partitionsFrom(1));
    expect(recordsOf(path, output.ids, partitionsFrom(1))).toHaveLength(200);
  });
});

const recordSizes = fc.constantFrom(20, 900, 30_000, 90_000);
const shapes = fc.array(fc.array(fc.array(recordSizes, { maxLength: 3 }), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 });
const someReads = fc.array(
  fc.tuple(fc.nat(6), fc.nat(6)).map(([a, b]) => partitionsFrom(Math.min(a, b), Math.max(a, b))),
  { minLength: 1, maxLength: 4 },
);

test.prop([fc.array(shapes, { minLength: 1, maxLength: 2 }), someReads, fc.boolean()], { numRuns: 30 })(
  'whatever runs and readers there are, each reads its own records, and no byte comes twice',
  async (drawn, reads, atOnce) => {
    const owner = await Owner.start();
    const reader = new Reader();
    const outputs = drawn.map((shape, task) => produce(owner, shape, task));
    const readings = reads.map(partitions => () => reader.read(outputs, partitions));
    const paths: string[][] = atOnce ? await Promise.all(readings.map(read => read())) : [];
    if (!atOnce) for (const read of readings) paths.push(await read());
    reads.forEach((partitions, i) => {
      outputs.forEach(({ path, ids }, task) => {
        expect(recordsOf(paths[i]?.[task] ?? '', ids, partitions)).toEqual(recordsOf(path, ids, partitions));
      });
    });
    expect(hasRepeats(owner.asked)).toBe(false);
    owner.die();
  },
);
