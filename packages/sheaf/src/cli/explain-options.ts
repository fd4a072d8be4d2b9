// `--explain` and `--explain-to` of the commands that wait for a job: what it did, told or written when it has ended.

import { UsageError } from '@sheaf/protocol';
import type { JobStatus, Outline } from '@sheaf/protocol/messages';
import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

export interface ExplainOptions {
  readonly explain?: boolean;
  readonly explainTo?: string;
}

export function addExplainOptions(command: Command): Command {
  return command
    .option('--explain', 'tell at the end what each stage took, on standard error')
    .option('--explain-to <file>', 'write it at the end: as a picture to a name that ends in .svg, else .dot, .json or .txt');
}

/** Explains a job at its end, to whom it was asked for. */
export class JobExplainer {
  /** Of the job, once it is planned; null before. */
  outline: Outline | null = null;
  private readonly options: ExplainOptions;
  private readonly terminal: Terminal;

  private constructor(options: ExplainOptions, terminal: Terminal) {
    this.options = options;
    this.terminal = terminal;
  }

  /** null when nobody asked. Throws UsageError for a file's name that does not say what it is to hold. */
  static async of(options: ExplainOptions, terminal: Terminal): Promise<JobExplainer | null> {
    if (options.explain !== true && options.explainTo === undefined) return null;
    const { checkExplainedFile } = await import('../explain/write-explained.ts');
    if (options.explainTo !== undefined) checkExplainedFile(options.explainTo);
    return new JobExplainer(options, terminal);
  }

  /** A file that cannot be written is told, and changes nothing of how the job ended. */
  async tell(status: JobStatus): Promise<void> {
    if (this.outline === null) return;
    const { terminal, options } = this;
    const [{ explainRun }, { runLines }, { writeExplained }] = await Promise.all([
      import('../explain/explained.ts'),
      import('../explain/run-text.ts'),
      import('../explain/write-explained.ts'),
    ]);
    const explained = explainRun(this.outline, status);
    if (options.explain === true) for (const line of runLines(explained)) terminal.say(line);
    if (options.explainTo === undefined) return;
    try {
      await writeExplained(options.explainTo, explained, terminal.cwd);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      terminal.say(`warning: ${error.message}`);
    }
  }
}
