// Where the outputs of one edge can be had: the newest location of each producer task, in typed arrays, as there may be a million of
// them. What many locations say alike, above all those of one pack, is kept once.

import { type AttemptId, attemptIdOf, type Epoch, type TaskIndex } from '@sheaf/protocol';
import type { OutputLocation } from '@sheaf/protocol/messages';

type Place = Pick<OutputLocation, 'worker' | 'address' | 'host' | 'path'> & { readonly packed: boolean };

const hashBytes = 16;

export class LocationTable implements Iterable<OutputLocation> {
  /** How many tasks have a location. */
  private known = 0;
  private places: Place[] = [];
  private placeNumbers = new Map<string, number>();
  /** Of the location that was set last: the next one is often there too. */
  private lastPlace = 0;
  /** By task: number of its place, plus one; 0: none is known. */
  private place: Uint32Array = new Uint32Array(0);
  private epoch: Uint32Array = new Uint32Array(0);
  private counter: Uint32Array = new Uint32Array(0);
  private first: Float64Array = new Float64Array(0);
  private length: Float64Array = new Float64Array(0);
  private hashes: Buffer = Buffer.alloc(0);

  get size(): number {
    return this.known;
  }

  /** Takes the place of what was known of that task. */
  set(location: OutputLocation): void {
    const { task, attempt, at, bytes, hash } = location;
    if (task >= this.place.length) this.grow(Math.max(64, task + 1, 2 * this.place.length));
    if (this.place[task] === 0) this.known++;
    this.place[task] = this.numberOf(location) + 1;
    const [epoch, counter] = attempt.split('.');
    this.epoch[task] = Number(epoch);
    this.counter[task] = Number(counter);
    this.first[task] = at ?? 0;
    this.length[task] = bytes;
    this.hashes.write(hash, task * hashBytes, hashBytes, 'hex');
  }

  /** null: none is known. */
  get(task: TaskIndex): OutputLocation | null {
    const place = this.places[(this.place[task] ?? 0) - 1];
    if (place === undefined) return null;
    const { worker, address, host, path, packed } = place;
    const at = packed ? { at: this.first[task] ?? 0 } : {};
    const hash = this.hashes.toString('hex', task * hashBytes, (task + 1) * hashBytes);
    return { task, attempt: this.attemptOf(task), worker, address, host, path, ...at, bytes: this.length[task] ?? 0, hash };
  }

  /** In task order. */
  *[Symbol.iterator](): Generator<OutputLocation> {
    for (let task = 0; task < this.place.length; task++) {
      const location = this.get(task);
      if (location !== null) yield location;
    }
  }

  /** As it is now, whatever comes later. */
  copy(): LocationTable {
    const copy = new LocationTable();
    copy.known = this.known;
    copy.places = [...this.places];
    copy.placeNumbers = new Map(this.placeNumbers);
    copy.place = this.place.slice();
    copy.epoch = this.epoch.slice();
    copy.counter = this.counter.slice();
    copy.first = this.first.slice();
    copy.length = this.length.slice();
    copy.hashes = Buffer.from(this.hashes);
    return copy;
  }

  private attemptOf(task: TaskIndex): AttemptId {
    return attemptIdOf(this.epoch[task] as Epoch, this.counter[task] ?? 0);
  }

  private numberOf({ worker, address, host, path, at }: OutputLocation): number {
    const packed = at !== undefined;
    const last = this.places[this.lastPlace];
    const isLast = last?.path === path && last.worker === worker && last.address === address && last.host === host;
    if (isLast && last.packed === packed) return this.lastPlace;
    const key = JSON.stringify([worker, address, host, path, packed]);
    let number = this.placeNumbers.get(key);
    if (number === undefined) {
      number = this.places.length;
      this.placeNumbers.set(key, number);
      this.places.push({ worker, address, host, path, packed });
    }
    this.lastPlace = number;
    return number;
  }

  private grow(capacity: number): void {
    this.place = grown(this.place, new Uint32Array(capacity));
    this.epoch = grown(this.epoch, new Uint32Array(capacity));
    this.counter = grown(this.counter, new Uint32Array(capacity));
    this.first = grown(this.first, new Float64Array(capacity));
    this.length = grown(this.length, new Float64Array(capacity));
    const hashes = Buffer.alloc(capacity * hashBytes);
    this.hashes.copy(hashes);
    this.hashes = hashes;
  }
}

function grown<Column extends Uint32Array | Float64Array>(before: Column, after: Column): Column {
  after.set(before);
  return after;
}
