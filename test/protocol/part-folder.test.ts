// A folder's name is as long as its bytes in UTF-8, also of characters beyond 16 bits and of halves of them.

import { fc, test } from '@fast-check/vitest';
import { isPartFolder, limits } from '@sheaf/protocol';
import { expect } from 'vitest';

const value = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udc00'), minLength: 60, maxLength: 260 });

test.prop([value], { numRuns: 300 })('a folder is taken exactly when its name has no more bytes than file systems take', text => {
  const name = `day=${text}`;
  expect(isPartFolder(name)).toBe(new TextEncoder().encode(name).length <= limits.folderNameBytesMax);
});
