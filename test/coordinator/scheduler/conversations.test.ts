// Golden conversations: what the scheduler answers to each event, as text that reads like a diagram of the messages.
// `UPDATE=1` writes the output anew; look at the difference before you keep it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Conversation } from './conversation.ts';

const folder = new URL('testdata/', import.meta.url);
const files = readdirSync(folder).filter(name => name.endsWith('.txt'));

describe('a conversation', () => {
  it.each(files)('%s', name => {
    const path = new URL(name, folder);
    const script = readFileSync(path, 'utf8');
    const played = replayScript(script);
    if (process.env.UPDATE === '1') writeFileSync(path, played);
    expect(played).not.toContain('WRONG');
    expect(played).toBe(process.env.UPDATE === '1' ? played : script);
  });
});

/** Blocks are separated by an empty line: comments, commands, `----`, and their output. */
function replayScript(script: string): string {
  const conversation = new Conversation();
  return script
    .trimEnd()
    .split(/\n\n+/)
    .map(block => {
      const said = block.split('\n----')[0] ?? '';
      const commands = said.split('\n').filter(line => line !== '' && !line.startsWith('#'));
      if (commands.length === 0) return said;
      const output = commands.map(command => playOrSay(conversation, command)).filter(text => text !== '');
      return [said, '----', ...(output.length > 0 ? output : ['(nothing)'])].join('\n');
    })
    .join('\n\n')
    .concat('\n');
}

/** A command that cannot be carried out is seen in its place in the conversation. */
function playOrSay(conversation: Conversation, command: string): string {
  try {
    return conversation.play(command);
  } catch (error) {
    return `WRONG: ${(error as Error).message}`;
  }
}
