// The messages that travel for each task, looked at by hand: a schema takes ten times as long for them as for what they say. What
// these functions take, the schemas of worker-schema.ts take as it is; whatever is unusual about a message they leave to those,
// which also say what is wrong with it.

import { isAttemptId, isJobId } from '../ids.ts';
import { limits } from '../limits.ts';

type Fields = { readonly [name: string]: unknown };

/** A success without parts, or a sign of life. */
export function isCommonWorkerMessage(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (value.type === 'heartbeat') return sizeOf(value) === 2 && isWhole(value.running);
  return value.type === 'succeeded' && sizeOf(value) === 6 && isAttemptName(value) && isCommonResult(value.result);
}

/** The assignment of a task, or that its result is taken. */
export function isCommonCoordinatorMessage(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (value.type === 'accepted') return sizeOf(value) === 2 && isAttemptId(value.attempt);
  return value.type === 'assign' && sizeOf(value) === 2 && isCommonAssignment(value.assignment);
}

/** A result without parts, first skipped records and joined keys, of a task that counts nothing of its own. */
export function isCommonResult(value: unknown): boolean {
  if (!isObject(value) || sizeOf(value) !== 6) return false;
  const { outputs, parts, durationMs, cpuMs, peakRssBytes } = value;
  if (!Array.isArray(outputs) || outputs.length > limits.edgesMax || !Array.isArray(parts) || parts.length > 0) return false;
  return outputs.every(isOutput) && isCounters(value.counters) && isAmount(durationMs) && isAmount(cpuMs) && isWhole(peakRssBytes);
}

function isOutput(value: unknown): boolean {
  if (!isObject(value) || sizeOf(value) !== (value.packed === undefined ? 6 : 7)) return false;
  const { edge, path, bytes, records, hash, partitionBytes, packed } = value;
  if (!isWhole(edge) || !isWhole(bytes) || !isWhole(records) || !isPath(path)) return false;
  if (typeof hash !== 'string' || !/^[0-9a-f]{32}$/.test(hash)) return false;
  if (!Array.isArray(partitionBytes) || partitionBytes.length > limits.partitionsMax || !partitionBytes.every(isWhole)) return false;
  return packed === undefined || (isObject(packed) && sizeOf(packed) === 2 && isWhole(packed.pack) && isWhole(packed.at));
}

const counterNames = [
  ...['recordsIn', 'bytesIn', 'recordsOut', 'bytesOut', 'spills', 'spilledBytes', 'combinedRecords', 'groups'],
  ...['skippedRecords', 'invalidUtf8'],
];

function isCounters(value: unknown): boolean {
  if (!isObject(value) || sizeOf(value) !== counterNames.length + 1) return false;
  for (const name of counterNames) if (!isWhole(value[name])) return false;
  return isObject(value.user) && sizeOf(value.user) === 0;
}

function isCommonAssignment(value: unknown): boolean {
  if (!isObject(value) || sizeOf(value) !== 12 || !isAttemptName(value) || !isWhole(value.number) || !isWhole(value.generation))
    return false;
  const { split, partitions, reads, producers, counts, staging } = value;
  return (
    isCommonSplit(split) &&
    isNumbered(partitions, isWhole) &&
    isNumbered(producers, isWhole) &&
    isNumbered(counts, isWhole) &&
    isNumbered(reads, value => isRange(value)) &&
    isNumbered(staging, isPath)
  );
}

/** Of files, of items, or none. */
function isCommonSplit(value: unknown): boolean {
  if (value === null) return true;
  if (!isObject(value) || sizeOf(value) !== 3 || !isWhole(value.input)) return false;
  const { files, pieces } = value;
  if (
    !Array.isArray(files) ||
    files.length > limits.filesPerPackMax ||
    !files.every(isFile) ||
    !Array.isArray(pieces) ||
    pieces.length > limits.filesPerPackMax
  )
    return false;
  return pieces.every(piece => isRange(piece, 3) && isWhole((piece as Fields).file));
}

function isFile(value: unknown): boolean {
  if (!isObject(value) || sizeOf(value) !== 4) return false;
  const { path, size, modifiedMs, packed } = value;
  return isPath(path) && isWhole(size) && isAmount(modifiedMs) && (packed === null || packed === 'gzip');
}

function isRange(value: unknown, fields = 2): boolean {
  return isObject(value) && sizeOf(value) === fields && isWhole(value.from) && isWhole(value.to);
}

function isNumbered(value: unknown, isValue: (value: unknown) => boolean): boolean {
  if (!isObject(value)) return false;
  let entries = 0;
  for (const key in value) {
    entries++;
    if (!/^(0|[1-9][0-9]{0,5})$/.test(key) || !isValue(value[key])) return false;
  }
  return entries <= limits.edgesMax;
}

function isAttemptName({ job, stage, task, attempt }: Fields): boolean {
  return isJobId(job) && isWhole(stage) && isWhole(task) && isAttemptId(attempt);
}

function isPath(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('/') && value.length <= 4096 && !value.includes('\0');
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function sizeOf(value: object): number {
  let size = 0;
  for (const _ in value) size++;
  return size;
}
