// A kernel in WebAssembly on the fixed memory of an executor. It is compiled when it is first asked for.

import type { TaskMemory, WasmMemory } from '../data/memory.ts';

declare const WebAssembly: {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object, imports: { readonly env: { readonly memory: WasmMemory } }) => { readonly exports: unknown };
};

/** Gives the instance of each memory, made once, of a module whose bytes are base64. */
export function wasmKernel<Kernel extends object>(binary: string): (memory: TaskMemory) => Kernel {
  let module: object | undefined;
  const instances: WeakMap<TaskMemory, Kernel> = new WeakMap();
  return memory => {
    let kernel = instances.get(memory);
    if (kernel === undefined) {
      module ??= new WebAssembly.Module(Buffer.from(binary, 'base64'));
      kernel = new WebAssembly.Instance(module, { env: { memory: memory.wasm } }).exports as Kernel;
      instances.set(memory, kernel);
    }
    return kernel;
  };
}
