// Large csv files whose cells may hold line breaks are cut like others: a stage of its own scans the quotes of their pieces first, and
// the stage that reads them loads what it found. Which inputs are large hangs on files, so the submitter decides it, and the plan is
// compiled again; executors find in the submitted graph what was decided.

import type { Edge, Input, Stage, StageGraph, Step } from '@sheaf/protocol/graph';
import type { CompiledJob } from '../compiled-job.ts';

/** The paths of an input as one text: inputs of the same paths are scanned alike. */
export type ScannedPaths = readonly string[];

function isCsv(input: Input): boolean {
  return input.type === 'files' && input.format.type === 'csv' && input.format.multiline;
}

function pathsOf(input: Input): string {
  return input.type === 'files' ? JSON.stringify(input.paths) : '';
}

/** The inputs that may be scanned, by their paths. */
export function scannable(graph: StageGraph): readonly (readonly string[])[] {
  const inputs = graph.stages.filter(mayScan).flatMap(inputsOf);
  const paths = inputs.flatMap(input => (input.type === 'files' && isCsv(input) ? [input.paths] : []));
  return [...new Map(paths.map(of => [JSON.stringify(of), of])).values()];
}

/** What was decided where a graph was made. */
export function decidedScans(graph: StageGraph): ScannedPaths {
  const scanned = graph.stages
    .flatMap(inputsOf)
    .filter(input => input.type === 'files' && input.format.type === 'csv' && input.format.scanned === true);
  return [...new Set(scanned.map(pathsOf))];
}

/** The same job with the inputs of those paths scanned: a stage more in front for each stage that reads some. */
export function withScans(job: CompiledJob, scanned: ScannedPaths): CompiledJob {
  const isScanned = (input: Input): boolean => isCsv(input) && scanned.includes(pathsOf(input));
  const { graph, notes } = job;
  const reading = graph.stages.flatMap((stage, id) => (mayScan(stage) && inputsOf(stage).some(isScanned) ? [id] : []));
  if (reading.length === 0) return job;
  const scans = reading.map((id, at): { readonly stage: Stage; readonly edge: Edge } => ({
    stage: scanStage(graph.stages[id] as Stage, { isScanned, edge: graph.edges.length + at }),
    edge: { type: 'broadcast', from: at, to: id + reading.length },
  }));
  const later = (id: number): number => id + reading.length;
  const stages = graph.stages.map((stage, id) => {
    const at = reading.indexOf(id);
    const moved = { ...stage, steps: stage.steps.map(step => (step.type === 'splitters' ? { ...step, stage: later(step.stage) } : step)) };
    return at < 0 ? moved : readingStage(moved, { isScanned, edge: graph.edges.length + at });
  });
  const edges = graph.edges.map(edge => ({ ...edge, from: later(edge.from), to: later(edge.to) }));
  return {
    ...job,
    graph: { ...graph, stages: [...scans.map(({ stage }) => stage), ...stages], edges: [...edges, ...scans.map(({ edge }) => edge)] },
    ...(notes === undefined
      ? {}
      : {
          notes: {
            operators: [...scans.map(() => []), ...notes.operators],
            edges: [...notes.edges, ...scans.map(() => ({ key: '', sorted: '' }))],
          },
        }),
  };
}

/** Items would be made once more for the scan. */
function mayScan(stage: Stage): boolean {
  return inputsOf(stage).every(({ type }) => type === 'files');
}

function inputsOf({ tasks }: Stage): readonly Input[] {
  return tasks.type === 'splits' ? tasks.inputs : [];
}

interface Scanned {
  readonly isScanned: (input: Input) => boolean;
  /** The broadcast between the two stages. */
  readonly edge: number;
}

/** Of all its inputs, as how one is cut depends on what others there are. */
function scanStage(stage: Stage, { isScanned, edge }: Scanned): Stage {
  const inputs = inputsOf(stage).map(input => (isScanned(input) ? marked(input) : input));
  const steps = inputs.flatMap((_, input): Step[] => [
    { type: 'read', input, scans: true },
    { type: 'emit', from: 2 * input, edge },
  ]);
  return { name: `${stage.name} quotes`, tasks: { type: 'splits', inputs }, outputs: [], steps };
}

function readingStage(stage: Stage, { isScanned, edge }: Scanned): Stage {
  const inputs = inputsOf(stage);
  const starts = (step: Step): Step => (step.type === 'read' && isScanned(inputs[step.input] as Input) ? { ...step, starts: edge } : step);
  const steps: Step[] = [...stage.steps.map(starts), { type: 'load', edge, key: null }];
  return { ...stage, tasks: { type: 'splits', inputs: inputs.map(input => (isScanned(input) ? marked(input) : input)) }, steps };
}

/** In both stages alike, so that both are cut alike. */
function marked(input: Input): Input {
  return input.type === 'files' && input.format.type === 'csv' ? { ...input, format: { ...input.format, scanned: true } } : input;
}
