// Parts of a stage graph in words.

import type { Fold, Select } from '@sheaf/protocol/graph';

export function foldWords(fold: Fold): string {
  switch (fold.type) {
    case 'function':
      return 'a function of the job';
    case 'built-in':
      return fold.name;
    case 'columns':
      return fold.columns.map(column => `${column.fold} as ${column.name}`).join(', ');
  }
}

export function selectWords(select: Select): string {
  switch (select.type) {
    case 'column':
      return select.name;
    case 'item':
      return `item ${select.index}`;
    case 'constant':
      return JSON.stringify(select.value);
    case 'function':
      return 'a function of the job';
    case 'record':
    case 'none':
      return select.type;
  }
}
