// The fixed memory of an executor: one WebAssembly.Memory, made once, that nothing grows. Windows, arenas, tables and block
// buffers are regions of it, handed out from the bottom by `reserve` and all taken back by `reset` when a task begins.
// Pages that no task has touched cost no physical memory.

/** A WebAssembly.Memory; the ES library has no types for WebAssembly. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

declare const WebAssembly: { readonly Memory: new (size: { initial: number; maximum: number }) => WasmMemory };

export interface Region {
  /** First byte; a multiple of 16. */
  readonly from: number;
  /** One past the last byte. */
  readonly to: number;
}

export class TaskMemory {
  readonly budgetBytes: number;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float64Array;
  /** The same bytes as a Buffer, for text decoding and file writes. */
  readonly buffer: Buffer;
  /** What kernels in WebAssembly import. */
  readonly wasm: WasmMemory;
  /** A page beyond the budget, for what a kernel keeps while it is called. */
  readonly scratch: Region;
  /** Another one, for the counts of a sort: sorting is called while a batch lies in the first. */
  readonly counts: Region;
  private top = 0;

  constructor(budgetMb: number) {
    const pages = budgetMb * 16 + 2;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.wasm = memory;
    this.budgetBytes = budgetMb * 1_048_576;
    this.scratch = { from: this.budgetBytes, to: this.budgetBytes + 65_536 };
    this.counts = { from: this.scratch.to, to: this.scratch.to + 65_536 };
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Uint32Array(memory.buffer);
    this.floats = new Float64Array(memory.buffer);
    this.buffer = Buffer.from(memory.buffer);
  }

  /** A region of at least `bytes`, aligned to 16. Running out is a mistake of ours: every task's layout is computed from the budget. */
  reserve(bytes: number): Region {
    const from = this.top;
    const to = from + ((bytes + 15) & ~15);
    if (to > this.budgetBytes) throw new Error(`task memory: ${bytes} bytes wanted, ${this.budgetBytes - from} left`);
    this.top = to;
    return { from, to };
  }

  get freeBytes(): number {
    return this.budgetBytes - this.top;
  }

  /** Gives every region back. */
  reset(): void {
    this.top = 0;
  }
}
