// Who may ask the coordinator what: every route with every method, without a token, from a foreign page, under a foreign name.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { UsageError } from '@sheaf/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Admission } from '../../../packages/coordinator/src/server/admission.ts';
import { LiveCoordinator } from './live-coordinator.ts';

const token = 'a secret of this test'.replaceAll(' ', '-');
const blob = `/blobs/${'ab'.repeat(32)}`;
const paths = [
  '/jobs',
  '/jobs/jsample000001',
  '/jobs/jsample000001/story',
  '/jobs/jsample000001/logs',
  '/workers',
  '/workers/w0000000a/drain',
  blob,
];
const methods = ['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'];

let live: LiveCoordinator;
beforeEach(() => {
  live = new LiveCoordinator();
});
afterEach(() => live.end());

interface Answered {
  readonly status: number;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly text: string;
}

/** `fetch` sets Host and Origin itself; here they are what the test says. */
function ask(path: string, options: { method?: string; headers?: { [name: string]: string }; body?: Uint8Array } = {}): Promise<Answered> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: live.running.port, path, method, headers, agent: false }, response => {
      const pieces: Buffer[] = [];
      response.on('data', piece => pieces.push(piece));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(pieces).toString() }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const bearer = { authorization: `Bearer ${token}` };

describe('a coordinator with a token', () => {
  beforeEach(() => live.start({ token }));

  it('answers nobody without it, on any path and with any method, but whether it is there', async () => {
    for (const path of [...paths, '/', '/nothing', '/health/x']) {
      for (const method of methods) {
        for (const headers of [
          {},
          { authorization: 'Bearer wrong' },
          { authorization: `Basic ${token}` },
          { authorization: `${bearer.authorization}x` },
        ]) {
          expect((await ask(path, { method, headers })).status, `${method} ${path}`).toBe(401);
        }
      }
    }
    expect(await ask('/health')).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });

  it('answers who shows it', async () => {
    expect(await ask('/jobs', { headers: bearer })).toMatchObject({ status: 200, text: '[]' });
    expect(await ask('/workers', { headers: bearer })).toMatchObject({ status: 200, text: '[]' });
    expect((await ask('/jobs/jsample000001', { headers: bearer })).status).toBe(404);
    expect((await ask('/workers/w0000000a/drain', { method: 'POST', headers: bearer })).status).toBe(404);
  });

  it('is called by any name by who shows it, and by nobody else', async () => {
    const host = 'coordinator.cluster.example:7077';
    expect((await ask('/jobs', { headers: { ...bearer, host } })).status).toBe(200);
    expect((await ask('/jobs', { headers: { host } })).status).toBe(421);
    expect((await ask('/health', { headers: { host } })).status).toBe(421);
    expect((await ask('/jobs', { headers: { ...bearer, host, origin: 'http://evil.example' } })).status).toBe(403);
  });

  it('opens no link without it', async () => {
    for (const path of ['/worker', '/client']) {
      await expect(live.connect(path, {} as never)).rejects.toThrow('401');
      await expect(live.connect(path, {} as never, { authorization: 'Bearer wrong' })).rejects.toThrow('401');
      await live.connect(path, {} as never, bearer);
    }
    await expect(live.connect('/other', {} as never, bearer)).rejects.toThrow('404');
  });
});

describe('a coordinator on loopback', () => {
  beforeEach(() => live.start());

  it('refuses pages of other sites, on any path, with any method and for links', async () => {
    for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1.evil.example', `http://127.0.0.1:${live.running.port + 1}`]) {
      for (const path of [...paths, '/health']) {
        for (const method of methods)
          expect((await ask(path, { method, headers: { origin } })).status, `${method} ${path} ${origin}`).toBe(403);
      }
      await expect(live.connect('/client', {} as never, { origin })).rejects.toThrow('403');
    }
    expect((await ask('/jobs', { headers: { origin: `http://127.0.0.1:${live.running.port}` } })).status).toBe(200);
  });

  it('refuses names that are not its own, so that no page reaches it under one', async () => {
    for (const host of ['evil.example', 'evil.example:7077', 'localhost.evil.example', '127.0.0.1.evil.example', 'a b']) {
      expect((await ask('/health', { headers: { host } })).status, host).toBe(421);
    }
    for (const host of ['localhost:7077', 'LOCALHOST', '127.0.0.1', '[::1]:7077', '10.1.2.3:80']) {
      expect((await ask('/health', { headers: { host } })).status, host).toBe(200);
    }
  });

  it('knows no other paths, and no way out of them', async () => {
    for (const path of [
      '/',
      '/jobs/',
      '/jobs/../health',
      '/blobs/..%2f..%2fetc%2fpasswd',
      `${blob}/..`,
      '/blobs/ABCD',
      '/%00',
      '/jobs/j1/counters/x',
    ]) {
      expect((await ask(path)).status, path).toBe(path === '/jobs/../health' ? 200 : 404);
    }
    const wrongMethod = await ask('/jobs', { method: 'DELETE' });
    expect([wrongMethod.status, wrongMethod.headers.allow]).toEqual([405, 'GET']);
  });

  it('sends its protective headers with every answer', async () => {
    for (const path of ['/health', '/jobs', '/nothing']) {
      const { headers } = await ask(path);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(Object.keys(headers).filter(name => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('blobs', () => {
  beforeEach(() => live.start());
  const bytes = Buffer.from('what a job needs');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const stored = (): string[] => readdirSync(join(live.stateDirectory, 'blobs'));

  it('are kept under the hash of their contents', async () => {
    expect((await ask(`/blobs/${sha256}`, { method: 'HEAD' })).status).toBe(404);
    expect((await ask(`/blobs/${sha256}`, { method: 'PUT', body: bytes })).status).toBe(200);
    expect((await ask(`/blobs/${sha256}`, { method: 'PUT', body: bytes })).status).toBe(200);
    expect(await ask(`/blobs/${sha256}`)).toMatchObject({ status: 200, text: 'what a job needs' });
    expect((await ask(`/blobs/${sha256}`, { method: 'HEAD' })).headers['content-length']).toBe(String(bytes.length));
    expect(stored()).toEqual([sha256]);
  });

  it('with other contents, or too many, are refused and leave nothing', async () => {
    expect((await ask(blob, { method: 'PUT', body: bytes })).status).toBe(400);
    expect((await ask(blob, { method: 'PUT', headers: { 'content-length': '99999999999' } })).status).toBe(413);
    expect(stored()).toEqual([]);
  });

  it('outlive a restart', async () => {
    await live.upload(bytes);
    await live.restart();
    expect((await ask(`/blobs/${sha256}`)).text).toBe('what a job needs');
  });
});

describe('listening', () => {
  const admission = (host: string, secret: string | null): Admission => new Admission({ host, token: secret, names: [] });

  it('beyond this machine needs a token', () => {
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '128.0.0.1']) {
      expect(() => admission(host, null), host).toThrow(UsageError);
      expect(() => admission(host, null), host).toThrow(/refusing to listen on .* without a token/);
      admission(host, token);
    }
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) admission(host, null);
    expect(() => admission('127.0.0.1', 'short')).toThrow('the token is shorter than 16 characters');
  });

  it('where something else listens is a usage error', async () => {
    await live.start();
    const second = new LiveCoordinator();
    await expect(second.start({ port: live.running.port })).rejects.toThrow(UsageError);
    await second.start();
    await second.end();
  });

  it('on a state that another coordinator has is refused, and names it', async () => {
    await live.start();
    const second = new LiveCoordinator();
    await expect(second.start({ stateDirectory: live.stateDirectory })).rejects.toThrow(`process ${process.pid}`);
    await second.end();
  });
});
