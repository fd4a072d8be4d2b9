// `npm run kernels`: compiles the sources of this folder to WebAssembly and keeps them, as text, in src/kernels/NAME-wasm.ts.

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export const kernelNames = ['batches', 'checksum', 'csv', 'distinct', 'lines', 'merged', 'records', 'sort', 'words'];

/** The text of NAME-wasm.ts. */
export async function compiledKernel(name) {
  const { default: asc } = await import('assemblyscript/asc');
  const source = `${name}.ts`;
  let binary = null;
  const options = [source, '--outFile', 'out.wasm', '-O3', '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--noAssert'];
  const { error, stderr } = await asc.main(options, {
    readFile: wanted => (/^[a-z-]+\.ts$/.test(wanted) ? readFileSync(new URL(wanted, import.meta.url), 'utf8') : null),
    writeFile: (wanted, contents) => {
      if (wanted === 'out.wasm') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === null) throw new Error(`${source} does not compile: ${stderr.toString()}`);
  const text = Buffer.from(binary)
    .toString('base64')
    .match(/.{1,120}/g);
  const lines = text.map(line => `  '${line}',`).join('\n');
  const made = `// Made of assembly/${source} by \`npm run kernels\`; a test makes it again and compares.`;
  return `${made}\n\nexport const ${name}Wasm: string = [\n${lines}\n].join('');\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const name of kernelNames) writeFileSync(new URL(`../src/kernels/${name}-wasm.ts`, import.meta.url), await compiledKernel(name));
}
