// The program `sheaf`, and every process of a cluster: `sheaf coordinator` and `sheaf worker` are commands like any other.

import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { type CommandGroup, runCommandLine } from './command-line.ts';
import { endProcess } from './end-process.ts';
import { exitCodes } from './exit-codes.ts';
import { processTerminal } from './terminal.ts';

const context = { terminal: processTerminal(), version: manifest.version, cli: fileURLToPath(import.meta.url) };
/** In the order in which help shows them. */
const loaders: readonly (() => Promise<CommandGroup>)[] = [
  () => import('./run.ts').then(({ addRun }) => addRun),
  () => import('./submit.ts').then(({ addSubmit }) => addSubmit),
  () => import('./explain.ts').then(({ addExplain }) => addExplain),
  () => import('./questions.ts').then(({ addQuestions }) => addQuestions),
  () => import('./watch-and-cancel.ts').then(({ addWatchAndCancel }) => addWatchAndCancel),
  () => import('./output.ts').then(({ addOutput }) => addOutput),
  () => import('./servers.ts').then(({ addServers }) => addServers),
];
const args = process.argv.slice(2);
// A run is what starts most often, and needs nothing of the others.
const asked = args[0] === 'run' ? loaders.slice(0, 1) : loaders;

void Promise.all(asked.map(load => load())).then(async groups => {
  const code = await runCommandLine(args, groups, context);
  endProcess(code);
  // What a cancelled command was at may go on for ever: the code of a job that makes its items, for one.
  if (code === exitCodes.cancelled) process.exit();
});
