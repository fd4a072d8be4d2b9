// Commands and records as short lines, for golden conversations.

import type { SessionId } from '@sheaf/protocol';
import type { JournalRecord, SchedulerCommand, WorkerOrder } from '../../../packages/coordinator/src/scheduler/index.ts';

export function renderCommand(command: SchedulerCommand, nameOf: (session: SessionId) => string): string {
  switch (command.type) {
    case 'journal':
      return command.records.map(record => `journal ${renderRecord(record)}`).join('\n');
    case 'send':
      return `${nameOf(command.session)} ◀ ${renderOrder(command.message)}`;
    case 'end-session':
      return `end-session ${command.session}: ${command.reason}`;
    case 'publish-outputs':
      return command.outputs
        .map(({ output, parts }) => `publish ${command.job} output ${output}: ${parts.map(part => part.token).join(' ')}`)
        .join('\n');
    case 'abort-outputs':
      return `abort-outputs ${command.job}`;
    case 'answer-cancel':
      return `answer-cancel ${command.job}: ${command.verdict}`;
    case 'note-job':
      return `note ${command.job} ${command.note.kind}: ${command.note.text}`;
    case 'job-ended':
      return `ended ${command.job} ${command.status.state}`;
    case 'log-fenced':
      return `fenced ${command.session}: ${command.what}`;
  }
}

function renderOrder(message: WorkerOrder): string {
  switch (message.type) {
    case 'welcome':
      return `welcome session ${message.session} keep [${message.keep.join(' ')}] resume [${message.resume.join(' ')}]`;
    case 'open-job':
      return `open-job ${message.job.job}`;
    case 'locations':
      return `locations ${message.job} edge ${message.edge}: ${message.entries
        .map(({ task, attempt, worker, address }) => `${task}#${attempt} on ${worker} at ${address}`)
        .join(', ')}`;
    case 'assign': {
      const { job, stage, task, attempt, number, split, partitions, reads, producers, counts, generation } = message.assignment;
      const ranges = Object.entries(reads).map(([edge, { from, to }]) => `reads ${edge}:[${from},${to})`);
      return [
        `assign ${job}/${stage}@${task}#${attempt}`,
        number > 1 ? `number ${number}` : '',
        split === null ? '' : `split [${split.pieces.map(piece => `${piece.from},${piece.to}`).join(' ')})`,
        ...Object.entries(partitions).map(([edge, count]) => `edge ${edge} in ${count}`),
        ...ranges,
        ...Object.entries(producers).map(([edge, count]) => `edge ${edge} from ${count}`),
        ...Object.entries(counts).map(([counted, count]) => `stage ${counted} has ${count}`),
        generation > 0 ? `generation ${generation}` : '',
      ]
        .filter(part => part !== '')
        .join(', ');
    }
    case 'accepted':
      return `accepted ${message.attempt}`;
    case 'cancel-attempt':
      return `cancel-attempt ${message.attempt}: ${message.reason}`;
    case 'release':
      return `release ${message.job} stages ${message.stages.join(' ')} up to ${message.upTo}`;
    case 'close-job':
      return `close-job ${message.job}`;
    case 'drain':
      return 'drain';
  }
}

export function renderRecord(record: JournalRecord): string {
  switch (record.type) {
    case 'job-accepted':
      return `job-accepted ${record.job.id}${record.generation > 0 ? ` generation ${record.generation}` : ''}`;
    case 'task-committed': {
      const hashes = record.outputs.map(output => ` ${output.edge}:${output.hash.slice(0, 4)}`).join('');
      return `task-committed ${record.job}/${record.stage}@${record.task}#${record.attempt}${hashes}`;
    }
    case 'task-uncommitted':
    case 'task-adopted':
      return `${record.type} ${record.job}/${record.stage}@${record.task}`;
    case 'stage-counted': {
      const starts = record.starts === undefined ? '' : `, from partitions ${record.starts.join(' ')}`;
      return `stage-counted ${record.job}/${record.stage} ${record.count}${starts}`;
    }
    case 'stage-sized':
      return `stage-sized ${record.job}/${record.stage} ${record.bytes.join(' ')}`;
    case 'stage-released':
      return `stage-released ${record.job}/${record.stage}`;
    case 'stage-spanned':
      return `stage-spanned ${record.job}/${record.stage} ${record.startedAt} to ${record.endedAt}`;
    case 'commit-started':
      return `commit-started ${record.job}`;
    case 'abort-started':
      return `abort-started ${record.job} ${record.outcome}${record.failure === null ? '' : ` ${record.failure.code}: ${record.failure.message}`}`;
    case 'job-ended':
      return `job-ended ${record.job} ${record.status.state}`;
  }
}

/** Long ids as tests name them: `j00000000000a` is A, `w00000001` is w1. */
export function shorten(text: string): string {
  return text.replaceAll(/\bj0{4,}([a-z])\b/g, (_, name: string) => name.toUpperCase()).replaceAll(/\bw0{4,}(\d+)\b/g, 'w$1');
}
