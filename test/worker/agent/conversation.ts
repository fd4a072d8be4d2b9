// Golden conversations: a script of what happens to an agent, and in what it answers, as text.
// A file is blocks: lines of what happens, `----`, lines of what came of it, a blank line. `#` starts a comment line.
// What can happen is listed in `verbs`; after each of them the agent's invariants are checked.

import {
  type AttemptId,
  type Failure,
  type FailureCode,
  type JobId,
  limits,
  parseAttemptId,
  parseJobId,
  parseSessionId,
  parseWorkerId,
} from '@sheaf/protocol';
import type { OutputLocation, TaskResult } from '@sheaf/protocol/messages';
import {
  type AgentCommand,
  type AgentEvent,
  type AgentMessage,
  type AgentState,
  checkInvariants,
  createAgent,
  nextWakeAt,
  step,
} from '@sheaf/worker/agent';

type NewEvent = AgentEvent extends infer Event ? (Event extends AgentEvent ? Omit<Event, 'at'> : never) : never;

/** Runs a conversation and returns its text with the answers that came. */
export function replay(text: string): string {
  const talk = new Conversation();
  const blocks = text.trimEnd().split(/\n\n+/);
  return `${blocks.map(block => talk.block(block)).join('\n\n')}\n`;
}

class Conversation {
  private state: AgentState = agentOf(new Map());
  private now = 0;
  private link = 0;
  private readonly verbs: { readonly [verb: string]: (words: string[], options: Map<string, string>) => string[] } = {
    // start [slots=N] [held=ATTEMPT,…]: a fresh agent, with outputs of an earlier life on edge 0 of job a
    start: (_, options) => {
      this.state = agentOf(options);
      return this.tell({ type: 'started' });
    },
    // pass MS [heartbeats]: time passes; the agent is woken whenever it asked to be; its heartbeats are left out unless asked for
    pass: ([ms, heartbeats]) => this.pass(Number(ms)).filter(answer => heartbeats !== undefined || !answer.includes('heartbeat')),
    connected: () => this.tell({ type: 'connected', link: this.link }),
    // disconnected [jitter=0.5] [link=N]
    disconnected: (_, options) =>
      this.tell({ type: 'disconnected', link: Number(options.get('link') ?? this.link), jitter: Number(options.get('jitter') ?? 0.5) }),
    // welcome [epoch=N] [keep=ATTEMPT,…] [resume=ATTEMPT,…]
    welcome: (_, options) => {
      const epoch = Number(options.get('epoch') ?? 1);
      const ids = (name: string) => listOf(options.get(name)).map(parseAttemptId);
      return this.receive({ type: 'welcome', session: parseSessionId(`${epoch}.1`), epoch, keep: ids('keep'), resume: ids('resume') });
    },
    'refuse-worker': ([retry]) => this.receive({ type: 'refused', code: 'E_VERSION', message: 'too old', retry: retry === 'retry' }),
    open: ([job = '']) => this.receive({ type: 'open-job', job: openingOf(jobOf(job)) }),
    // prepared JOB [heap=256] [timeout=600000]
    prepared: ([job = ''], options) => {
      const settings = { heapMb: Number(options.get('heap') ?? 256), taskTimeoutMs: Number(options.get('timeout') ?? 600_000) };
      return this.tell({ type: 'job-prepared', job: jobOf(job), settings });
    },
    // unprepared JOB CODE
    unprepared: ([job = '', code]) => this.tell({ type: 'job-refused', job: jobOf(job), failure: failureOf(code) }),
    close: ([job = '']) => this.receive({ type: 'close-job', job: jobOf(job) }),
    // assign JOB STAGE@TASK ATTEMPT [reads=EDGE:PRODUCERS[:all],…]: of a shuffle the partition of its index, of a broadcast all;
    // bytes=N: what it reads of its split, by default enough to be worth an executor of its own
    assign: ([job = '', place = '', attempt = ''], options) => {
      const [stage, task] = place.split('@').map(Number);
      const name = { job: jobOf(job), stage: stage ?? 0, task: task ?? 0, attempt: parseAttemptId(attempt) };
      const into = listOf(options.get('reads')).map(read => read.split(':'));
      const producers = Object.fromEntries(into.map(([edge, count]) => [edge, Number(count)]));
      const shuffles = into.filter(([, , all]) => all === undefined);
      const reads = Object.fromEntries(shuffles.map(([edge]) => [edge, { from: name.task, to: name.task + 1 }]));
      const bytes = options.has('bytes') ? Number(options.get('bytes')) : limits.executorInputBytesMin;
      const split = { input: 0, files: [], pieces: [{ file: 0, from: 0, to: bytes }] };
      const plain = { number: 1, generation: 0, split, partitions: {}, counts: {}, staging: {} };
      return this.receive({ type: 'assign', assignment: { ...name, ...plain, reads, producers } });
    },
    // locations JOB EDGE TASK:ATTEMPT …
    locations: ([job = '', edge, ...entries]) =>
      this.receive({ type: 'locations', job: jobOf(job), edge: Number(edge), entries: entries.map(locationOf) }),
    localised: ([attempt = '']) => this.tell({ type: 'localised', attempt: parseAttemptId(attempt) }),
    // unlocalised ATTEMPT lost=TASK:ATTEMPT
    unlocalised: ([attempt = ''], options) => {
      const [task, lost = ''] = (options.get('lost') ?? '').split(':');
      const failure = { ...failureOf('E_MAP_OUTPUT_LOST'), lost: { stage: 0, task: Number(task), attempt: lost } };
      return this.tell({ type: 'localising-failed', attempt: parseAttemptId(attempt), failure });
    },
    ready: ([executor]) => this.tell({ type: 'executor-ready', executor: Number(executor) }),
    // exited EXECUTOR [CODE [RUNNING]]
    exited: ([executor, code, running]) =>
      this.tell({ type: 'executor-exited', executor: Number(executor), failure: failureOf(code), running: attemptOrNull(running) }),
    // withdrawn EXECUTOR RUNNING|- [ATTEMPT …]
    withdrawn: ([executor, running, ...attempts]) =>
      this.tell({
        ...{ type: 'line-withdrawn', executor: Number(executor), running: attemptOrNull(running) },
        attempts: attempts.map(parseAttemptId),
      }),
    // succeeded ATTEMPT [edges=N,…]
    succeeded: ([attempt = ''], options) => {
      const result = resultOf(listOf(options.get('edges')).map(Number));
      return this.tell({ type: 'attempt-succeeded', attempt: parseAttemptId(attempt), result });
    },
    failed: ([attempt = '', code]) => this.tell({ type: 'attempt-failed', attempt: parseAttemptId(attempt), failure: failureOf(code) }),
    // progressed ATTEMPT RECORDS BYTES [file=FILE]
    progressed: ([attempt = '', records, bytes], options) => {
      const file = options.get('file');
      const counts = { attempt: parseAttemptId(attempt), records: Number(records), bytes: Number(bytes) };
      return this.tell({ type: 'attempt-progressed', ...counts, ...(file === undefined ? {} : { place: { file, offset: 7 } }) });
    },
    accepted: ([attempt = '']) => this.receive({ type: 'accepted', attempt: parseAttemptId(attempt) }),
    // release JOB UP-TO STAGE …
    release: ([job = '', upTo = '', ...stages]) =>
      this.receive({ type: 'release', job: jobOf(job), stages: stages.map(Number), upTo: parseAttemptId(upTo) }),
    cancel: ([attempt = '']) => this.receive({ type: 'cancel-attempt', attempt: parseAttemptId(attempt), reason: 'test' }),
    'read-log': ([attempt = '']) => this.receive({ type: 'read-log', request: 7, attempt: parseAttemptId(attempt), bytesMax: 1000 }),
    'log-was': ([text = '']) => this.tell({ type: 'log-read', request: 7, text }),
    drain: () => this.receive({ type: 'drain' }),
    stop: () => this.tell({ type: 'drain-requested' }),
    state: () => this.describe(),
  };

  block(block: string): string {
    const [happens = ''] = block.split(/^----$/m);
    const lines = happens.trimEnd().split('\n');
    const answers = lines.filter(line => !line.startsWith('#')).flatMap(line => this.happen(line));
    return [...lines, '----', ...answers].join('\n');
  }

  private happen(line: string): string[] {
    const [verb = '', ...rest] = line.split(' ');
    const handle = this.verbs[verb];
    if (handle === undefined) throw new Error(`no such verb: ${line}`);
    const options = new Map(rest.filter(word => word.includes('=')).map(word => word.split('=') as [string, string]));
    return handle(
      rest.filter(word => !word.includes('=')),
      options,
    );
  }

  private receive(message: AgentMessage): string[] {
    return this.tell({ type: 'message-received', link: this.link, message });
  }

  private tell(event: NewEvent): string[] {
    const commands = step(this.state, { ...event, at: this.now } as AgentEvent);
    checkInvariants(this.state);
    for (const command of commands) if (command.type === 'connect') this.link = command.link;
    return commands.map(describeCommand);
  }

  private pass(ms: number): string[] {
    const until = this.now + ms;
    const answers: string[] = [];
    for (let wakes = 0; ; wakes++) {
      if (wakes > 1000) throw new Error('the agent asks to be woken without end');
      const wake = nextWakeAt(this.state);
      if (wake === null || wake > until) break;
      this.now = Math.max(this.now, wake);
      answers.push(...this.tell({ type: 'woken' }).map(answer => `at ${this.now}: ${answer}`));
    }
    this.now = until;
    return answers;
  }

  private describe(): string[] {
    const { attempts, executors, jobs, connection } = this.state;
    return [
      `connection ${connection.type}`,
      ...[...jobs.values()].map(job => `job ${letterOf(job.id)} ${job.state}`),
      ...[...attempts.values()].map(attempt => `attempt ${attempt.id} ${attempt.state}`),
      ...[...executors.values()].map(executor => {
        const job = executor.job === null ? 'blank' : `job ${letterOf(executor.job)}`;
        return `executor ${executor.id} ${executor.state}, ${job}, heap ${executor.heapMb}`;
      }),
    ];
  }
}

function agentOf(options: Map<string, string>): AgentState {
  const config = {
    worker: parseWorkerId('waaaaaaaa'),
    protocol: 1,
    version: '0.1.0',
    host: 'machine',
    pid: 1,
    slots: Number(options.get('slots') ?? 1),
    labels: [],
    address: '127.0.0.1:1',
    directory: '/outputs',
    blankHeapMb: 256,
    blanksMax: Number(options.get('blanks') ?? Math.min(2, Number(options.get('slots') ?? 1))),
    forOneJob: options.get('jobs') === '1',
  };
  const held = listOf(options.get('held')).map((attempt, task) => ({
    job: jobOf('a'),
    stage: 0,
    task,
    attempt: parseAttemptId(attempt),
    hashes: { 0: hashText },
  }));
  return createAgent(config, held);
}

function describeCommand(command: AgentCommand): string {
  switch (command.type) {
    case 'connect':
    case 'disconnect':
      return `${command.type} ${command.link}`;
    case 'send':
      return `send ${describeMessage(command.message)}`;
    case 'prepare-job':
      return `prepare-job ${letterOf(command.job.job)}`;
    case 'delete-job':
      return `delete-job ${letterOf(command.job)}`;
    case 'localise': {
      const outputs = Object.entries(command.outputs).map(([edge, locations]) => {
        const reads = command.reads[Number(edge)];
        const what = reads == null ? 'all' : `[${reads.from},${reads.to})`;
        return `${what} of edge ${edge} from ${[...locations].map(location => `${location.task}:${location.attempt}`).join(' ')}`;
      });
      return `localise ${command.attempt} ${outputs.join(', ')}`;
    }
    case 'stop-localising':
      return `stop-localising ${command.attempt}`;
    case 'start-executor':
      return `start-executor ${command.executor} heap=${command.heapMb}`;
    case 'run-attempt':
      return `run-attempt ${command.assignment.attempt} on ${command.executor}`;
    case 'withdraw-line':
      return `withdraw-line ${command.executor}`;
    case 'kill-executor':
      return `kill-executor ${command.executor}`;
    case 'delete-attempt':
      return `delete-attempt ${letterOf(command.name.job)} ${command.name.attempt}`;
    case 'delete-fetched':
      return `delete-fetched ${letterOf(command.job)} stages ${command.stages.join(' ')} up to ${command.upTo}`;
    case 'read-log':
      return `read-log ${command.attempt}`;
    case 'note':
      return `note ${command.text}`;
    case 'end':
      return `end ${command.reason}: ${command.message}`;
  }
}

function describeMessage(message: Extract<AgentCommand, { type: 'send' }>['message']): string {
  switch (message.type) {
    case 'hello': {
      const held = message.held.map(attempt => `${letterOf(attempt.job)} ${attempt.attempt}`);
      const running = message.running.map(attempt => `${letterOf(attempt.job)} ${attempt.attempt}`);
      return `hello slots=${message.slots} held=[${held.join(', ')}] running=[${running.join(', ')}]`;
    }
    case 'heartbeat':
      return `heartbeat running=${message.running}`;
    case 'progress':
      return `progress ${message.attempts.map(({ attempt, records, bytes }) => `${attempt} ${records}/${bytes}`).join(', ')}`;
    case 'succeeded':
      return `succeeded ${message.attempt}`;
    case 'failed':
      return `failed ${message.attempt} ${message.failure.code} (${message.failure.message}) after ${message.durationMs} ms${seenText(message.failure)}`;
    case 'job-opened':
      return `job-opened ${letterOf(message.job)} ${message.failure?.code ?? ''}`.trimEnd();
    case 'draining':
      return 'draining';
    case 'log-lines':
      return `log-lines ${message.request} ${message.text}`;
  }
}

function seenText({ lastSeen }: Failure): string {
  return lastSeen === undefined ? '' : `, last seen after ${lastSeen.records} records at ${lastSeen.place?.file ?? 'no record'}`;
}

const hashText = '0'.repeat(32);

function jobOf(letter: string): JobId {
  return parseJobId(`j${letter.repeat(12)}`);
}

function letterOf(job: JobId): string {
  return job.slice(1, 2);
}

function attemptOrNull(text: string | undefined): AttemptId | null {
  return text === undefined || text === '-' ? null : parseAttemptId(text);
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(',');
}

function failureOf(code = 'E_CRASHED'): Failure {
  return { code: code as FailureCode, message: 'so it was' };
}

function openingOf(job: JobId) {
  const empty = { sourceMap: null, graph: '{}', params: new Uint8Array(), blobs: {}, nonces: [] };
  return { job, name: 'test', bundle: '0'.repeat(64), graphHash: '0'.repeat(64), ...empty };
}

function locationOf(text: string): OutputLocation {
  const [task = '', attempt = ''] = text.split(':');
  const place = {
    worker: parseWorkerId('wbbbbbbbb'),
    address: '127.0.0.1:2',
    host: 'machine',
    path: '/elsewhere',
    bytes: 1,
    hash: hashText,
  };
  return { task: Number(task), attempt: parseAttemptId(attempt), ...place };
}

function resultOf(edges: readonly number[]): TaskResult {
  const none = { spills: 0, spilledBytes: 0, combinedRecords: 0, groups: 0, skippedRecords: 0, invalidUtf8: 0, user: {} };
  return {
    outputs: edges.map(edge => ({ edge, path: '/x', bytes: 1, records: 1, hash: hashText, partitionBytes: [1] })),
    parts: [],
    counters: { recordsIn: 0, bytesIn: 0, recordsOut: 0, bytesOut: 0, ...none },
    durationMs: 1,
    cpuMs: 1,
    peakRssBytes: 1,
  };
}
