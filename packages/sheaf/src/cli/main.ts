// The program `sheaf`, and every process of a cluster: `sheaf coordinator` and `sheaf worker` are commands like any other.

import { fileURLToPath } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };
import { runCommandLine } from './command-line.ts';
import { exitCodes } from './exit-codes.ts';
import { addExplain } from './explain.ts';
import { addOutput } from './output.ts';
import { addQuestions } from './questions.ts';
import { addRun } from './run.ts';
import { addServers } from './servers.ts';
import { addSubmit } from './submit.ts';
import { processTerminal } from './terminal.ts';
import { addWatchAndCancel } from './watch-and-cancel.ts';

const groups = [addRun, addSubmit, addExplain, addQuestions, addWatchAndCancel, addOutput, addServers];
const context = { terminal: processTerminal(), version: manifest.version, cli: fileURLToPath(import.meta.url) };

void runCommandLine(process.argv.slice(2), groups, context).then(code => {
  process.exitCode = code;
  // What a cancelled command was at may go on for ever: the code of a job that makes its items, for one.
  if (code === exitCodes.cancelled) process.exit();
});
