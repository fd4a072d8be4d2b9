// Which file makes a job when it is loaded: told by the stack of the call that made it. Workers load that file, and no other of
// the program.

import { fileURLToPath } from 'node:url';
import { UsageError } from '@sheaf/protocol';

interface Frame {
  /** '' at the top level of a module. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The file at whose top level the job was made; else the one that made it in a function. Throws UsageError when none is known. */
export function definitionFile(made: string, job: string): string {
  const [ours, ...frames] = framesOf(made);
  // The innermost frame is `mapReduce` or `defineJob`, which lie in a file of Sheaf.
  const users = frames.filter(frame => frame.file !== ours?.file);
  const found = users.find(frame => frame.name === '') ?? users[0];
  if (found !== undefined) return found.file;
  throw new UsageError(`nobody knows which file makes job '${job}', so that workers cannot load it: run it with { inline: true }.`);
}

/** The innermost frame of a stack that is neither Sheaf's nor Node's nor a package's, as FILE:LINE:COLUMN; null when there is none. */
export function userPlace(stack: string): string | null {
  const frame = framesOf(stack).find(({ file }) => !isOwn(file) && !/[\\/]node_modules[\\/]/.test(file));
  return frame === undefined ? null : `${frame.file}:${frame.line}:${frame.column}`;
}

function isOwn(file: string): boolean {
  return /[\\/]packages[\\/](?:job|protocol|storage|worker|coordinator|cluster|sheaf)[\\/]src[\\/]/.test(file);
}

/** The frames that are of files, innermost first. */
function framesOf(stack: string): Frame[] {
  return stack.split('\n').flatMap(line => {
    const [, call = '', place = ''] = /^\s+at (?:async )?(?:(.*?) \()?([^()]+?)\)?$/.exec(line) ?? [];
    const [, path = '', row, column] = /^(.*?):(\d+):(\d+)$/.exec(place) ?? [];
    const file = path.replace(/\?[^/]*$/, '');
    if (!file.startsWith('/') && !file.startsWith('file:') && !/^[a-zA-Z]:[\\/]/.test(file)) return [];
    const plain = file.startsWith('file:') ? fileURLToPath(file) : file;
    return [{ name: isTopLevel(call) ? '' : call, file: plain, line: Number(row), column: Number(column) }];
  });
}

/** As a runner of TypeScript may call the top level of a module. */
function isTopLevel(call: string): boolean {
  return call === '' || /^(?:Object\.)?(?:<anonymous>|eval)$/.test(call);
}
