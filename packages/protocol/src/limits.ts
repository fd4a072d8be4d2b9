// Every limit of the system, by name: a noun with its unit last. What exceeds one is refused with a clear error.
// The relations at the end are checked when the module loads.

export const limits = {
  // Records.
  keyBytesMax: 65_536,
  keyDepthMax: 32,
  valueDepthMax: 200,
  /** A record is at most this share of the task's memory budget. */
  recordShareOfMemory: 0.25,
  recordPreviewChars: 200,
  /** What is kept of a bad record in its dead letter; its line is counted when it begins within so many bytes of its file. */
  deadLetterRecordChars: 16_384,
  deadLetterLineBytesMax: 1_073_741_824,
  csvColumnsMax: 10_000,

  // The plan.
  tasksPerStageMax: 1_000_000,
  partitionsMax: 10_000,
  /** Of a shuffle with more partitions than this, neighbours are measured together. */
  sizedStretchesMax: 512,
  filesPerJobMax: 1_000_000,
  filesPerPackMax: 1_000,
  globAlternativesMax: 1_000,
  listingRequestsMax: 64,
  /** `from.items` without `perTask` makes at most so many splits. */
  itemSplitsMax: 1_000,
  stagesMax: 200,
  /** Edges, outputs or inputs of one job. */
  edgesMax: 1_000,
  labelsMax: 32,
  graphBytesMax: 4_194_304,
  paramsBytesMax: 1_048_576,
  bundleBytesMax: 67_108_864,
  /** Bundles of job files that are kept between runs. */
  bundlesCachedMax: 50,
  itemsSpoolBytesMax: 1_073_741_824,
  memoryMbMin: 16,
  memoryMbMax: 2048,
  heapMbMin: 16,
  heapMbMax: 65_536,
  /** Small splits are for small inputs that cost much work a byte. */
  splitMbMin: 0.0625,
  splitMbMax: 65_536,
  attemptsMax: 1_000,
  /** The longest delay a timer of Node takes. */
  taskTimeoutMsMax: 2_147_483_647,
  jobNameCharsMax: 200,
  /** What a job says of its plan in words: operators of a stage, a text, all of it as JSON; and of ended jobs together. */
  outlineOperatorsMax: 200,
  outlineTextCharsMax: 200,
  outlineCharsMax: 524_288,
  outlinesKeptCharsMax: 33_554_432,
  /** One answer of a job; all answers of a job; those of ended jobs that a coordinator keeps. */
  answerBytesMax: 1_048_576,
  answersPerJobBytesMax: 4_194_304,
  answersKeptBytesMax: 67_108_864,
  /** Files that a job ships, and the name of one. */
  jobFilesMax: 100,
  fileNameBytesMax: 255,
  /** Of settings.heapMb, what the encoded records of one broadcast may take: as objects they take several times as much. */
  broadcastShareOfHeap: 0.125,
  /** A join whose right side is read from at most so many bytes of files, and its left from at least so many, needs no shuffle. */
  broadcastJoinBytesMax: 4_194_304,
  broadcastJoinLeftBytesMin: 67_108_864,
  /** Records of a broadcast that are looked up by key: bytes of a table in memory, what is beyond lies in a file. */
  lookedUpBytesMax: 33_554_432,
  /** A folder of `partitionBy`, as its name: what file systems take. */
  folderNameBytesMax: 255,
  /** Parts that one task writes into folders of its own. */
  partsPerTaskMax: 5_000,

  // The data path.
  blockBytes: 65_536,
  chunkBytes: 1_048_576,
  /** A finished run of at most so many bytes shares a file with others. */
  packedRunBytesMax: 8_192,
  mergeFanInMax: 64,
  segmentsPerRunMax: 4096,

  /**
   * Values that a task holds on the heap: of one side of a join, more go to a file. Encoded bytes and a count: both together
   * stay within what `heapMbMin` and `executorBaseHeapMb` leave.
   */
  heldValueBytesMax: 4_194_304,
  heldValuesMax: 50_000,
  /** `mapBatch`: records in a batch, and batches under way at once. */
  batchRecordsMax: 100_000,
  batchConcurrencyMax: 1_000,
  /** `pipe`: words of a command, output that waits for the steps behind it, what is kept of its stderr, a line of its output. */
  pipeArgumentsMax: 1_000,
  pipeBytesMax: 4_194_304,
  pipeErrorBytesMax: 4_096,
  pipeLineBytesMax: 16_777_216,

  // The wire.
  frameBytesMax: 8_388_608,
  frameDepthMax: 64,
  /** Values in one frame: what bounds the memory a decoded frame takes, as the smallest value is one byte. */
  frameValuesMax: 1_000_000,
  /** Messages that come close together travel in one frame, up to so many and so many bytes; a larger one goes alone. */
  gatheredFrameBytesMax: 262_144,
  gatheredMessagesMax: 1_000,
  /** How soon after one frame of a worker the next may follow. */
  gatherMs: 2,
  sendQueueBytesMax: 33_554_432,
  connectionsMax: 4_096,
  helloDeadlineMs: 5_000,
  heartbeatIntervalMs: 1_000,
  heartbeatTimeoutMs: 10_000,
  lostConnectionGraceMs: 500,
  /** After its own start, a coordinator waits this long for workers to come back with what they have finished and what they run. */
  restartGraceMs: 3_000,
  /** A timer that fires this much late means that the coordinator itself stood still; silence during it is nobody's fault. */
  stallToleranceMs: 500,
  /** Finished outputs that a returning worker offers. */
  heldAttemptsMax: 40_000,
  fetchBytesMax: 4_194_304,
  fetchesInFlightMax: 8,
  /** Fewer bytes than these between two that a task reads are fetched along, in place of asking twice; so is an output of no more. */
  fetchGapBytesMax: 65_536,
  /** The end of a run file that is fetched first: its trailer, and the footer of up to 255 stretches. */
  fetchTailBytes: 16_384,
  /** Run files that are looked into at once before a task reads them. */
  outputChecksInFlightMax: 16,
  fetchTimeoutMs: 10_000,
  /** A worker that takes no connection for this long cannot be reached; one lost packet does not make it so. */
  fetchConnectMs: 3_000,
  /** A worker that could not be reached is asked through the coordinator for this long; so many such addresses are remembered. */
  unreachableMs: 60_000,
  unreachablesRememberedMax: 4_096,
  fetchAttemptsMax: 3,
  fetchRetryDelayMs: 100,
  /** Map outputs that one worker serves at the same moment; more are told to come back. */
  servesInFlightMax: 64,
  /** Bytes of a map output in one message: little enough that heartbeats and assignments are not long behind it. */
  relayBytesMax: 262_144,
  /** Fetches through the coordinator that one worker has open, and of those that one worker is asked at once. */
  relaysPerAskerMax: 8,
  relaysPerOwnerMax: 4,
  /** Those whose bytes are on their way, of all workers; those that wait in line for their turn. */
  relaysInFlightMax: 128,
  relaysWaitingMax: 8_192,
  /** A fetch through the coordinator waits for its turn, then for the owner; whoever asked waits longer than both. */
  relayWaitMs: 10_000,
  relayTimeoutMs: 10_000,
  relayAnswerMs: 25_000,
  /** An assigned task waits this long for the locations of its input. */
  locationsWaitMs: 30_000,
  /** A worker that is too busy to serve is asked again for this long. */
  fetchBusyMs: 60_000,
  /** Shared storage may show a new file late. */
  nonceWaitMs: 3_000,
  reconnectDelayMs: 50,
  reconnectDelayMsMax: 5_000,
  locationsPerMessageMax: 2_000,
  /** So many map outputs of a task are looked at in one turn of a worker's event loop. */
  outputsPerTurnMax: 10_000,

  // Workers and executors.
  slotsMax: 1_024,
  /** Tasks whose input may be brought to the worker before a slot is free for them. */
  prefetchTasksMax: 2,
  /** Short tasks that an executor has in line behind the one it runs, and the work in them. */
  linedUpMax: 32,
  linedUpWorkMs: 5,
  /** Behind a task that takes so long nothing stays in line: it waits for any slot. */
  lineStuckMs: 20,
  /** Executor processes of a worker, idle ones of other jobs among them. */
  executorsPerSlotMax: 2,
  /** Executors started before a job is known. */
  blankExecutorsMax: 2,
  /** So long after its start an executor that no job has asked for warms itself up. */
  executorWarmUpAfterMs: 100,
  /** An attempt that reads less is worth no process of its own while one for its job is on its way, or has run another for less than this. */
  executorInputBytesMin: 1_048_576,
  executorPatienceMs: 200,
  /** When more than so many wait on the worker, none of them has patience. */
  patientAttemptsMax: 16,
  /** Heap of an executor beside `settings.heapMb`: Sheaf itself and the job's code. */
  executorBaseHeapMb: 64,
  executorNurseryMb: 4,
  executorStartMs: 20_000,
  executorKillGraceMs: 2_000,
  /** After its death an executor's pipes are read to their end, but for no longer than this. */
  executorDrainMs: 1_000,
  logBytesPerAttemptMax: 1_048_576,
  logBytesPerWorkerMax: 67_108_864,
  logsPerWorkerMax: 10_000,
  /** Lines that a worker of `sheaf run` passes on of what its attempts print: in a second, and in all. */
  printedLinesPerSecondMax: 100,
  printedLinesMax: 2_000,
  printedLineCharsMax: 1_000,
  progressIntervalMs: 1_000,
  /** The first times that an executor looks at the clock it tells how far it is, so that something is known of one that ends early. */
  earlyProgressReports: 8,
  /** A task that takes no longer is brief: behind some of them nothing is told of the start of the next. */
  briefTaskMs: 5,
  /** A line of progress: what a pipe takes as a whole or not at all. */
  progressLineBytesMax: 4_096,
  countersPerJobMax: 1_000,
  counterNameCharsMax: 200,

  // The coordinator.
  /** Short tasks that wait on a worker for each of its slots, and the work in them: what keeps a slot busy while results are journalled. */
  queuedPerSlotMax: 64,
  queuedWorkMs: 50,
  /** One waits for each slot where tasks take no longer than this. */
  queuedTaskMs: 500,
  /** A task that has waited so long on a worker is taken back for another one that has a free slot. */
  queuedStuckMs: 250,
  jobsKeptMax: 1_000,
  jobsQueuedMax: 1_000,
  storyEventsPerJobMax: 4_096,
  storyEventsPerEndedJobMax: 256,
  snapshotEveryRows: 20_000,
  /** Attempts whose worker is remembered, so that their logs can be read. */
  attemptsRememberedMax: 50_000,
  /** An uploaded blob that no job named is kept this long for the submission that follows. */
  blobUnclaimedMs: 600_000,
  /** Submissions that are being planned; more are told to come back. */
  submissionsInFlightMax: 16,
  publishAttemptsMax: 3,
  watchIntervalMs: 250,
  watchersMax: 1_000,
  logReadTimeoutMs: 5_000,
  /** Attempts whose logs are given in one answer. */
  logsPerAnswerMax: 200,
  httpHeadersMs: 10_000,
  httpHeaderBytesMax: 16_384,
  httpRequestMs: 600_000,
  retryDelayMs: 200,
  retryDelayMsMax: 5_000,
  /** A worker on which a job could not be opened, or that fails attempts by itself, is left alone this long, doubling. */
  workerRestMs: 1_000,
  workerRestMsMax: 30_000,
  clientReconnectMs: 60_000,
  clientReconnectDelayMsMax: 1_000,
  /** A coordinator that takes longer for one HTTP answer is taken for lost. */
  clientAnswerMs: 30_000,
  shutdownMs: 8_000,
  /** Of `shutdownMs`, what a worker waits for its last results to be accepted. */
  drainMs: 4_000,
  failureStackCharsMax: 8_000,
  failureMessageCharsMax: 4_000,
} as const;

const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`limits disagree: ${what}`);
};
must(limits.heartbeatTimeoutMs >= 4 * limits.heartbeatIntervalMs, 'a silent worker missed several heartbeats');
must(limits.graphBytesMax + limits.paramsBytesMax < limits.frameBytesMax, 'a submission fits in a frame');
must(limits.gatheredFrameBytesMax < Math.min(limits.frameBytesMax, limits.frameValuesMax), 'what is gathered is a frame');
must(limits.gatheredMessagesMax < 65_536, 'the length of a gathered frame is two bytes');
must(
  limits.mergeFanInMax * (limits.blockBytes + limits.keyBytesMax) <= limits.memoryMbMin * 1_048_576,
  'a full merge fits in the smallest memory budget',
);
must(
  limits.fetchTailBytes <= limits.fetchGapBytesMax && limits.fetchGapBytesMax <= limits.fetchBytesMax,
  'the end of a run file and a gap within it fit in a fetched piece',
);
must(limits.fetchConnectMs < limits.fetchTimeoutMs, 'no connection is noticed before no answer');
must(
  (limits.relaysPerAskerMax + limits.relaysPerOwnerMax) * limits.relayBytesMax < limits.sendQueueBytesMax,
  'what a worker asks for and is asked for fits in the queue of its link',
);
must(limits.fetchesInFlightMax <= limits.relaysPerAskerMax, 'a worker that keeps to its own limit is never refused for it');
must(limits.relayWaitMs + limits.relayTimeoutMs < limits.relayAnswerMs, 'the coordinator gives up a fetch before the worker that asked');
must(limits.drainMs + limits.executorKillGraceMs < limits.shutdownMs, 'a worker that was drained in vain still ends in time');
