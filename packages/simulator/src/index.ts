export type { SimulationOptions } from './options.ts';
export { chain, coalesced, jobFacts, jobNamed, type Sample, totalSort } from './sample-jobs.ts';
export { runSimulation, type SimulationReport, type SimulationRequest } from './simulation.ts';
export { skippedInTask } from './skipped-records.ts';
