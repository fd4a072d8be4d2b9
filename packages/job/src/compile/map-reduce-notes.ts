// The stages of a mapReduce job in words: its members by their names, with the function that each is about.

import type { StageGraph, Step, StepId } from '@sheaf/protocol/graph';
import { operatorText } from '../pipeline/operator-text.ts';
import type { Operator, PlanNotes } from '../plan-notes.ts';
import type { SourceDefinition } from '../sources.ts';
import type { AnyFunction } from '../user-function.ts';
import type { Members } from './members.ts';

interface Told {
  readonly graph: StageGraph;
  readonly functions: readonly AnyFunction[];
  readonly sources: readonly SourceDefinition[];
  readonly members: Members;
}

export function mapReduceNotes(told: Told): PlanNotes {
  const { graph } = told;
  const sorted = graph.edges.map(edge => (edge.type === 'shuffle' && edge.shuffle.key.length > edge.shuffle.group ? 'sortValuesBy' : ''));
  return {
    operators: graph.stages.map(stage => stage.steps.flatMap((step, at) => operatorsOf(step, at, told))),
    edges: sorted.map(text => ({ key: 'key', sorted: text })),
  };
}

function operatorsOf(step: Step, at: StepId, { graph, functions, sources, members }: Told): Operator[] {
  const operator = (text: string, written?: AnyFunction): Operator => ({ text, step: at, made: null, written });
  switch (step.type) {
    case 'read': {
      const source = sources[step.input];
      const words = source?.of === 'files' ? source.paths : ['items'];
      return [operator(operatorText('read', words))];
    }
    case 'call': {
      const written = functions[step.function.index];
      const own = written === members.map ? 'map' : written === members.mapEmit ? 'mapEmit' : step.function.role;
      return [operator(own, written)];
    }
    case 'emit':
      return members.combine === undefined ? [] : [operator('combine', members.combine)];
    case 'group':
      return [operator('reduce', members.reduce)];
    case 'write': {
      const output = graph.outputs[step.output];
      return output?.type === 'files' ? [operator(operatorText('write', [output.folder]))] : [];
    }
    default:
      return [];
  }
}
