/** The text of src/kernels/records-wasm.ts. */
export function compiledRecords(): Promise<string>;
