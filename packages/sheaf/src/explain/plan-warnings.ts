// What a user may want to change before a job is paid for. Each warning says what, where, and what to do; there is none for what
// costs nothing.

import { bytesText, plural } from '../cli/quantities.ts';
import type { Explained, ExplainedStage } from './explained.ts';
import type { InputPlan } from './stage-plan.ts';
import { numberText } from './stage-words.ts';

/**
 * Opening a file takes about 0.15 ms on a local disk, what reading 10 kB takes, and much more elsewhere. So many files are worth
 * a word when they are so small.
 */
const smallFilesMin = 5_000;
const smallFileBytesMax = 16_384;
/** A file that one task reads is worth a word when it is so large, and so much of what the stage reads. */
const uncutBytesMin = 64 * 1_048_576;
const uncutShareMin = 0.5;
const piecesMax = 1_000_000;

export function planWarnings({ stages, edges }: Explained): string[] {
  const warnings = stages.flatMap(stage => (stage.plan?.inputs ?? []).flatMap(input => inputWarnings(stage, input)));
  for (const edge of edges) {
    const producers = stages[edge.from]?.tasks ?? 0;
    const readers = stages[edge.to]?.tasks ?? 0;
    if (edge.type === 'broadcast' || edge.type === 'gather' || producers * readers <= piecesMax) continue;
    const names = `${stages[edge.from]?.name} → ${stages[edge.to]?.name}`;
    warnings.push(`${names}: ${producers} × ${readers} pieces are shuffled: fewer reducers or larger splits cost less`);
  }
  return warnings;
}

function inputWarnings(stage: ExplainedStage, input: InputPlan): string[] {
  const { files, bytes, paths, uncut } = input;
  const where = `${stage.name}: ${paths.join(', ')}`;
  const warnings: string[] = [];
  const average = bytes / Math.max(1, files);
  if (files >= smallFilesMin && average <= smallFileBytesMax) {
    const packed = `packed into ${plural(stage.tasks ?? 0, 'task')}`;
    const cost = 'opening them takes longer than reading them. Put them into fewer, larger files';
    warnings.push(`${where}: ${numberText(files)} files of ${bytesText(average)} on average, ${packed}: ${cost}`);
  }
  const whole = stage.plan?.inputs.reduce((sum, other) => sum + other.bytes, 0) ?? 0;
  if (uncut !== null && uncut.bytes >= uncutBytesMin && uncut.bytes >= uncutShareMin * whole) {
    const percent = Math.round((100 * uncut.bytes) / whole);
    warnings.push(`${where}: one task reads ${bytesText(uncut.bytes)} alone, ${percent} % of the input: ${uncutAdvice[uncut.why]}`);
  }
  return warnings;
}

const uncutAdvice: { readonly [why in 'gz' | 'csv' | 'file']: string } = {
  gz: 'gz files cannot be cut. Write it as several files, or unpacked',
  csv: 'csv with line breaks in quotes is cut only above settings.splitMb. If it has none, say { multiline: false }',
  file: 'from.files gives whole files. Take a format with records, or smaller files',
};
