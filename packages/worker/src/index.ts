// The door of the worker: starting one. Its pure half has a door of its own (`@sheaf/worker/agent`), as has what runs in
// its child processes (`@sheaf/worker/executor`).

export type { PrintListener } from './host/printed-lines.ts';
export { type RunningWorker, startWorker, type WorkerEnd, type WorkerOptions } from './host/worker.ts';
