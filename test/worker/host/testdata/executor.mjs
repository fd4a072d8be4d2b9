// An executor that speaks the messages of executor/messages.ts and does to its process what a job may do to it. What an
// attempt does is the name of its stage in the job's graph; the words after it are its arguments.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeSync } from 'node:fs';

let stages = [];
let turnNow = 0;
let early;

const counters = {
  ...{ recordsIn: 0, bytesIn: 0, recordsOut: 0, bytesOut: 0, spills: 0, spilledBytes: 0, combinedRecords: 0 },
  ...{ groups: 0, skippedRecords: 0, invalidUtf8: 0, user: {} },
};

function succeed(task, outputs = []) {
  const result = { outputs, parts: [], counters, durationMs: 1, cpuMs: 1, peakRssBytes: 1 };
  process.send({ type: 'ended', ends: [{ type: 'succeeded', turn: turnNow, result }] });
}

function fail(task, failure) {
  process.send({ type: 'ended', ends: [{ type: 'failed', turn: turnNow, failure }] });
}

/** In the ledger of its line. */
function begun(turn) {
  turnNow = turn;
  const number = Buffer.alloc(8);
  number.writeDoubleLE(turn);
  writeSync(5, number, 0, 8, 0);
}

function spin() {
  for (;;);
}

const behaviours = {
  succeed,
  /** Prints a word, and what it was asked to show of itself. */
  print: (task, name) => {
    console.log(`printed ${name ?? task.assignment.attempt}`);
    succeed(task);
  },
  /** Prints nothing but for the second of its attempts, and that only when so many have ended. */
  late: (task, count) => {
    if (turnNow === 2) early = task.assignment.attempt;
    succeed(task);
    if (turnNow === Number(count)) writeSync(1, `\0sheaf-attempt ${early}\0late\n`);
  },
  environment: (task, name) => {
    console.log(`${name}=${process.env[name]}`);
    succeed(task);
  },
  /** Prints many numbered lines. */
  flood: (task, lines) => {
    for (let i = 0; i < Number(lines); i++) writeSync(1, `line ${i}\n`);
    succeed(task);
  },
  throw: task => fail(task, { code: 'E_USER_CODE', message: 'Error: no good' }),
  rant: task => fail(task, { code: 'E_USER_CODE', message: 'x'.repeat(1e6), stack: 'y'.repeat(1e6) }),
  nonsense: task => fail(task, { code: 'E_USER_CODE', message: 'x', record: { offset: -1 } }),
  exit: (_, code) => process.exit(Number(code)),
  kill: (_, signal) => process.kill(process.pid, signal),
  spin: task => {
    mkdirSync(task.directory, { recursive: true });
    spin();
  },
  /** Ends only by force. */
  stubborn: () => {
    process.on('SIGTERM', () => console.log('will not go'));
    setInterval(() => undefined, 1000);
    process.stdout.write('stubborn\n');
  },
  progress: ({ assignment }) => {
    const { attempt } = assignment;
    const lines = [{ attempt, records: 3, bytes: 30 }, 'nonsense', { attempt, records: -1, bytes: 'x' }];
    lines.push({ attempt: '9.9', records: 9, bytes: 9 }, null, { attempt, records: 5, bytes: 50 });
    for (const line of lines) writeSync(4, `${JSON.stringify(line)}\nnonsense\n`);
    spin();
  },
  /** Fills its heap. */
  heap: () => {
    const kept = [];
    for (;;) kept.push(new Array(1000).fill(Math.random()));
  },
  /** Starts a process that would outlive it, says which, and spins. */
  grandchild: () => {
    const child = spawn('sleep', ['1000'], { stdio: 'inherit' });
    writeSync(1, `grandchild ${child.pid}\n`);
    spin();
  },
  disconnect: () => {
    process.removeAllListeners('disconnect');
    process.disconnect();
    setInterval(() => undefined, 1000);
  },
  garbage: task => {
    for (const message of ['text', 7, null, { type: 'other' }, { type: 'ended', ends: [{ type: 'succeeded', turn: 99 }, null] }, [1]]) process.send(message);
    writeSync(4, 'x'.repeat(100_000));
    succeed(task);
  },
  malformed: task => process.send({ type: 'ended', ends: [{ type: 'succeeded', turn: turnNow, result: { outputs: 7 } }] }),
  /** A run file, copied from where the test has put it, as the output on edge 0. */
  map: (task, from, hash) => {
    const path = `${task.directory}/edge-0.run`;
    mkdirSync(task.directory, { recursive: true });
    copyFileSync(from, path);
    const bytes = readFileSync(path).length;
    succeed(task, [{ edge: 0, path, bytes, records: 1, hash, partitionBytes: [bytes] }]);
  },
  /** Prints what it was given to read. */
  reduce: task => {
    for (const [edge, sources] of Object.entries(task.sources)) {
      for (const [i, producer] of sources.task.entries()) {
        const attempt = `${sources.epoch[i]}.${sources.counter[i]}`;
        const path = sources.paths[sources.path[i]];
        console.log(`edge ${edge} task ${producer} attempt ${attempt}: ${readFileSync(path).length} bytes`);
      }
    }
    succeed(task);
  },
};

process.on('message', message => {
  if (message.type === 'open-job') {
    const { job, graph, bundlePath } = message.job;
    stages = JSON.parse(graph).stages;
    const failure = bundlePath.endsWith('bad.mjs') ? { code: 'E_PLAN_DIFFERS', message: 'another plan' } : null;
    process.send({ type: 'opened', job, failure });
    return;
  }
  for (const { turn, task } of message.tasks) {
    const [name, ...words] = stages[task.assignment.stage].name.split(' ');
    begun(turn);
    behaviours[name](task, ...words);
  }
});

process.on('disconnect', () => process.exit(0));

// With this in its environment it never comes to anything.
if (process.env.EXECUTOR_TEST === 'dies') process.exit(3);
if (process.env.EXECUTOR_TEST !== 'hangs') process.send({ type: 'ready' });
