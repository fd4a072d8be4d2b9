// The door for whoever plans without a coordinator: inline runs and `explain` cut and count as a coordinator would.

export type { ItemsSpool, ListingOptions, Source, Sources } from './server/plan-tasks.ts';
export { graphHashOf, listSources, planTasks } from './server/plan-tasks.ts';
