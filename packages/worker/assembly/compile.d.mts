/** The sources of this folder, without their endings. */
export const kernelNames: readonly string[];
/** The text of src/kernels/NAME-wasm.ts. */
export function compiledKernel(name: string): Promise<string>;
