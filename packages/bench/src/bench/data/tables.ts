// Tables to add up and to join, the same bytes every time: sales with quoted fields, and the users who bought.

import { writeFileSync } from 'node:fs';
import { writeFile, xorshift } from './generate.ts';

export const salesHeader = 'id,user,day,category,amount,note';

const [categories, days, plansEvery] = [40, 365, 7];
const notes = ['', 'gift', '"late, call back"', '"said ""ok"""', 'express', 'été'];

/** `rows` sales. The lower a user's number, the more he buys. */
export function writeSales(path: string, { rows, users }: { readonly rows: number; readonly users: number }): void {
  const random = xorshift(362_436_069);
  const fraction = (): number => random() / 2 ** 32;
  const dayNames = Array.from({ length: days }, (_, day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10));
  const encoder = new TextEncoder();
  let id = -1;
  writeFile(path, Number.POSITIVE_INFINITY, (buffer, at) => {
    if (id === rows) return null;
    const text = id < 0 ? salesHeader : saleOf(id, { fraction, dayNames, users });
    id += 1;
    return at + encoder.encodeInto(`${text}\n`, buffer.subarray(at)).written;
  });
}

function saleOf(
  id: number,
  { fraction, dayNames, users }: { readonly fraction: () => number; readonly dayNames: readonly string[]; readonly users: number },
): string {
  const user = Math.floor(users * fraction() ** 2);
  const day = dayNames[Math.floor(days * fraction())];
  const category = String(Math.floor(categories * fraction())).padStart(2, '0');
  const amount = (Math.floor(fraction() * 100_000) / 100).toFixed(2);
  return `${id},${user},${day},cat${category},${amount},${notes[Math.floor(notes.length * fraction())]}`;
}

/** Who bought: number, name, plan. */
export function writeUsers(path: string, users: number): void {
  const rows = Array.from({ length: users }, (_, user) => `${user},user ${user},${planOf(user)}\n`);
  writeFileSync(path, `user,name,plan\n${rows.join('')}`);
}

export function planOf(user: number): string {
  return user % plansEvery === 0 ? 'pro' : 'free';
}
