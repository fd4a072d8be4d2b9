// Saying something: to the coordinator, or to the log.

import type { AgentReport } from './commands.ts';
import type { Turn } from './state.ts';

/** Sends when welcomed. Otherwise the message is dropped: what must not be lost is sent again after the next welcome. */
export function send(turn: Turn, message: AgentReport): void {
  const { connection } = turn.state;
  if (connection.type === 'welcomed') turn.commands.push({ type: 'send', link: connection.link, message });
}

export function note(turn: Turn, level: 'info' | 'warn', text: string): void {
  turn.commands.push({ type: 'note', level, text });
}
