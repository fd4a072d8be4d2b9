// The licences of what is bundled: their texts must travel with the code.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One text of all licences of the packages that `inputs` (paths inside the workspace) come from. */
export function noticesOf(inputs, root) {
  const folders = new Set(inputs.flatMap(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
  const notices = [...folders].sort().map(folder => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e(\.|$)/i.test(entry));
    const path = file === undefined ? null : join(root, folder, file);
    const text = path !== null && existsSync(path) ? readFileSync(path, 'utf8').trim() : `License: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  return `Sheaf contains code of these packages.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
