// Schemas of outline.ts and measures.ts: what is shown of a plan and of its run.

import { z } from 'zod';
import { limits } from '../limits.ts';
import type { JoinedKeys, Spread, StageMeasures } from './measures.ts';
import type { Outline, OutlinedEdge, OutlinedOperator, OutlinedStage } from './outline.ts';
import { amount, exactly, list, type Schema, shortText, whole } from './schema.ts';
import type { WorkCounters } from './work-counters.ts';

const operator: Schema<OutlinedOperator> = exactly<OutlinedOperator>()(
  z.strictObject({ text: shortText, place: shortText.nullable(), ends: z.boolean() }),
);

const stage: Schema<OutlinedStage> = exactly<OutlinedStage>()(
  z.strictObject({
    name: shortText,
    operators: list(operator, limits.outlineOperatorsMax),
    reads: list(shortText, limits.outlineOperatorsMax),
    writes: list(shortText, limits.outlineOperatorsMax),
    keys: z.enum(['fold', 'group', 'join']).nullable(),
  }),
);

const edge: Schema<OutlinedEdge> = exactly<OutlinedEdge>()(
  z.strictObject({
    from: whole,
    to: whole,
    type: z.enum(['hash', 'range', 'function', 'gather', 'sample', 'broadcast']),
    key: shortText,
    sorted: shortText,
    combiner: shortText.nullable(),
    side: whole.nullable(),
    shares: whole.exactOptional(),
  }),
);

export const outlineSchema: Schema<Outline> = exactly<Outline>()(
  z.strictObject({ stages: list(stage, limits.stagesMax), edges: list(edge, limits.edgesMax) }),
);

export const workCounters: { readonly [Name in keyof WorkCounters]: Schema<number> } = {
  recordsIn: whole,
  bytesIn: whole,
  recordsOut: whole,
  bytesOut: whole,
  spills: whole,
  spilledBytes: whole,
  combinedRecords: whole,
  groups: whole,
};

const spread: Schema<Spread> = exactly<Spread>()(z.strictObject({ min: amount, median: amount, max: amount, largest: whole }));

export const joinedKeys: Schema<JoinedKeys> = exactly<JoinedKeys>()(
  z.strictObject({ keys: whole, left: shortText.nullable(), right: shortText.nullable() }),
);

export const stageMeasures: Schema<StageMeasures> = exactly<StageMeasures>()(
  z.strictObject({
    startedAt: amount,
    endedAt: amount,
    taskMs: amount,
    cpuMs: amount,
    ...workCounters,
    sent: list(z.strictObject({ edge: whole, records: whole, bytes: whole }), limits.edgesMax),
    joined: joinedKeys.exactOptional(),
    task: z.strictObject({ ms: spread, records: spread, bytes: spread }),
  }),
);
