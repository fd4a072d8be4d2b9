// The door of the agent: the pure half of a worker, driven by the shell in host/ and by the simulator.

export type { AgentCommand, ExecutorId, LinkId, LocatedOutputs } from './commands.ts';
export type { AgentEvent, AgentMessage, JobSettings } from './events.ts';
export { checkInvariants } from './invariants.ts';
export type { AgentConfig, AgentState } from './state.ts';
export { createAgent } from './state.ts';
export { nextWakeAt, step } from './step.ts';
