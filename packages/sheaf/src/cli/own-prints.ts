// What a job prints in this very process, with `--inline`: standard output carries results alone, and progress is drawn in
// place, so for as long as the job runs its lines go where everything else for a person goes.

import { StringDecoder } from 'node:string_decoder';

/** Hands every line that is written on the standard streams to `line`, until it is released. */
export function catchPrints(line: (text: string) => void): () => void {
  const releases = [process.stdout, process.stderr].map(stream => catchStream(stream, line));
  return () => {
    for (const release of releases) release();
  };
}

function catchStream(stream: NodeJS.WriteStream, line: (text: string) => void): () => void {
  const write = stream.write;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.write = (chunk: Uint8Array | string, encodingOrDone?: unknown, done?: unknown): boolean => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer))).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) line(one);
    const callback = [encodingOrDone, done].find(given => typeof given === 'function');
    if (callback !== undefined) process.nextTick(callback as () => void);
    return true;
  };
  return () => {
    stream.write = write;
    if (rest !== '') line(rest);
  };
}
