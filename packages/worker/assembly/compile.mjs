// `npm run kernels`: compiles records.ts to WebAssembly and keeps it, as text, in src/kernels/records-wasm.ts.

import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const source = new URL('records.ts', import.meta.url);
const target = new URL('../src/kernels/records-wasm.ts', import.meta.url);

/** The text of records-wasm.ts. */
export async function compiledRecords() {
  const { default: asc } = await import('assemblyscript/asc');
  let binary = null;
  const options = [
    'records.ts',
    '--outFile',
    'records.wasm',
    '-O3',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--importMemory',
    '--noAssert',
  ];
  const { error, stderr } = await asc.main(options, {
    readFile: name => (name === 'records.ts' ? readFileSync(source, 'utf8') : null),
    writeFile: (name, contents) => {
      if (name === 'records.wasm') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === null) throw new Error(`records.ts does not compile: ${stderr.toString()}`);
  const text = Buffer.from(binary)
    .toString('base64')
    .match(/.{1,120}/g);
  const lines = text.map(line => `  '${line}',`).join('\n');
  return `// Made of assembly/records.ts by \`npm run kernels\`; a test makes it again and compares.\n\nexport const recordsWasm: string = [\n${lines}\n].join('');\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(target, await compiledRecords());
