// The samples of all tasks in a `splitters` step, packed into a few buffers: a wide input sends hundreds of thousands. They never
// take more than a fixed number of places: when all are taken, each two neighbours in key order become one that stands for the
// bytes of both, and of what comes from then on, twice as many in a row share a place (each task sends its own in key order).
// What comes in one order is thinned in one way, so that the same input has the same splitters everywhere.

import { compareBytes } from '../../data/compare.ts';
import type { Sample } from './samples.ts';

/** Enough for more than a dozen a partition at the most partitions there may be; with keys of 128 bytes 16 MB. */
export const samplesHeldMax = 131_072;

export class SampleSet {
  private readonly placesMax: number;
  private count = 0;
  /** So many that come one after another share a place; so many more may share the last one. */
  private stride = 1;
  private room = 0;
  /** Sample i is keys[ends[i - 1], ends[i]). */
  private keys: Uint8Array = new Uint8Array(4_096);
  private ends: Uint32Array = new Uint32Array(64);
  /** Bytes that each stands for. */
  private weights: Float64Array = new Float64Array(64);

  constructor(placesMax: number = samplesHeldMax) {
    this.placesMax = placesMax;
  }

  add({ key, bytes }: Sample): void {
    if (this.room > 0) {
      this.weights[this.count - 1] = (this.weights[this.count - 1] as number) + bytes;
      this.room--;
      return;
    }
    if (this.count === this.placesMax) this.thin();
    this.room = this.stride - 1;
    this.append(key, bytes);
  }

  /** partitions − 1 keys that cut the sampled bytes evenly; partition i holds the keys below the i-th. Equal ones make empty partitions. */
  splitters(partitions: number): Uint8Array[] {
    if (this.count === 0) return [];
    const { weights } = this;
    const sorted = this.sorted();
    const total = sorted.reduce((sum, at) => sum + (weights[at] as number), 0);
    const splitters: Uint8Array[] = [];
    let at = 0;
    let passed = 0;
    for (let cut = 1; cut < partitions; cut++) {
      const target = (total * cut) / partitions;
      for (let weight = weights[sorted[at] as number] as number; at < this.count - 1 && passed + weight / 2 < target; ) {
        passed += weight;
        at++;
        weight = weights[sorted[at] as number] as number;
      }
      splitters.push(this.keyOf(sorted[at] as number));
    }
    return splitters;
  }

  private append(key: Uint8Array, bytes: number): void {
    const from = this.startOf(this.count);
    const to = from + key.length;
    if (to > this.keys.length) this.keys = grown(this.keys, new Uint8Array(2 * to));
    if (this.count === this.ends.length) {
      this.ends = grown(this.ends, new Uint32Array(2 * this.count));
      this.weights = grown(this.weights, new Float64Array(2 * this.count));
    }
    this.keys.set(key, from);
    this.ends[this.count] = to;
    this.weights[this.count] = bytes;
    this.count++;
  }

  private startOf(at: number): number {
    return at === 0 ? 0 : (this.ends[at - 1] as number);
  }

  private keyOf(at: number): Uint8Array {
    return this.keys.slice(this.startOf(at), this.ends[at]);
  }

  /** Their numbers in key order; equal ones in the order they came. */
  private sorted(): Uint32Array {
    const { keys, ends } = this;
    const order = Uint32Array.from({ length: this.count }, (_, at) => at);
    return order.sort((a, b) => compareBytes(keys, this.startOf(a), ends[a] as number, keys, this.startOf(b), ends[b] as number) || a - b);
  }

  /** Halves them: of two neighbours the first stays, for the bytes of both. */
  private thin(): void {
    const sorted = this.sorted();
    const kept = new SampleSet(this.placesMax);
    for (let i = 0; i < sorted.length; i += 2) {
      const at = sorted[i] as number;
      const next = sorted[i + 1];
      const bytes = (this.weights[at] as number) + (next === undefined ? 0 : (this.weights[next] as number));
      kept.append(this.keys.subarray(this.startOf(at), this.ends[at]), bytes);
    }
    this.stride *= 2;
    this.count = kept.count;
    this.keys = kept.keys;
    this.ends = kept.ends;
    this.weights = kept.weights;
  }
}

function grown<Numbers extends Uint8Array | Uint32Array | Float64Array>(old: Numbers, larger: Numbers): Numbers {
  larger.set(old);
  return larger;
}
