// The same count in plain Node, which knows nothing of Sheaf: the demo's result must equal it.

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the demo reads under `node_modules`: Markdown and licence files, in whatever case their names are written. */
export const pattern = 'node_modules/**/{*.[mM][dD],[lL][iI][cC][eE][nN][cCsS][eE]*}';
const named = /\.md$|^licen[cs]e/i;

export interface CountedWords {
  readonly files: number;
  readonly bytes: number;
  readonly words: ReadonlyMap<string, number>;
}

/** Counts the words of all files that `pattern` stands for. */
export function countWords(root: string): CountedWords {
  const words = new Map<string, number>();
  const paths = filesUnder(join(root, 'node_modules'), { matched: false, above: [] });
  let bytes = 0;
  for (const path of paths) {
    const content = readFileSync(path);
    bytes += content.length;
    for (const word of content
      .toString('utf8')
      .toLowerCase()
      .split(/[^\p{Letter}]+/u)) {
      if (word !== '') words.set(word, (words.get(word) ?? 0) + 1);
    }
  }
  return { files: paths.length, bytes, words };
}

/** Links are followed, but not in circles; names that start with `.` or `_` are no input; a matching folder is one as a whole. */
function filesUnder(folder: string, { matched, above }: { readonly matched: boolean; readonly above: readonly string[] }): string[] {
  const real = realpathSync(folder);
  if (above.includes(real)) return [];
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || /^[._]/.test(name)) return [];
    const matches = matched || named.test(name);
    if (stats.isDirectory()) return filesUnder(path, { matched: matches, above: [...above, real] });
    return stats.isFile() && matches ? [path] : [];
  });
}
