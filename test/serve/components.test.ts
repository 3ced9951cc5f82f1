import { describe, expect, test } from 'vitest';
import {
  type Component,
  HostError,
  type HostInterface,
  type WasiCtx,
  createHost,
  loadComponent,
  ok,
} from '../../src/index.ts';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';
import { nodeWays } from '../harness/matrix.ts';
import { serveGuest } from '../harness/serve-guest.ts';

/** A key-value store of one key, as an embedder writes it. */
class Bucket {
  readonly identifier: string;

  constructor(identifier: string) {
    this.identifier = identifier;
  }
}

const store: HostInterface<WasiCtx> = {
  name: 'acme:keyvalue/store',
  version: '0.2.0-draft',
  resources: { bucket: Bucket },
  mayWait: ['[method]bucket.exists'],
  funcs: {
    open: (_ctx: WasiCtx, identifier: string) => ok(new Bucket(identifier)),
    '[method]bucket.exists': async (_ctx: WasiCtx, self: Bucket, key: string) =>
      await Promise.resolve(ok(self.identifier === 'default' && key === 'greeting')),
  },
};

const greet: HostInterface<WasiCtx> = {
  name: 'acme:greeter/greet',
  version: '1.2.0',
  resources: {},
  mayWait: [],
  funcs: { greet: (_ctx: WasiCtx, name: string) => `Good day, ${name} \u{1f600}` },
};

async function load(name: string, interfaces: readonly HostInterface<WasiCtx>[] = []): Promise<Component> {
  return await loadComponent(guestFile(name), { cache: TEST_CACHE, interfaces });
}

describe('a component that cannot be served is refused when it is loaded', () => {
  test('for all its missing imports in one message', async () => {
    const error = await load('missing-import').catch((thrown: unknown) => thrown as HostError);
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code: 'missing-import' });
    expect((error as HostError).message).toContain('acme:keyvalue/store@0.2.0-draft');
    expect((error as HostError).message).toContain('acme:greeter/greet@1.0.0');
  });

  test('for the import that is still missing', async () => {
    const error = await load('missing-import', [greet]).catch((thrown: unknown) => thrown as HostError);
    expect((error as HostError).message).toContain('acme:keyvalue/store@0.2.0-draft');
    expect((error as HostError).message).not.toContain('acme:greeter');
  });

  test('for another version of a draft', async () => {
    const other = { ...store, version: '0.2.0-draft2' };
    await expect(load('missing-import', [greet, other])).rejects.toThrow('acme:keyvalue/store@0.2.0-draft2');
  });

  test('if it is a command', async () => {
    const error = await load('command').catch((thrown: unknown) => thrown as HostError);
    expect(error).toMatchObject({ code: 'bad-component' });
    expect((error as HostError).message).toMatch(/wasi:cli\/run.*not wasi:http\/incoming-handler|wasi:cli\/command/);
  });

  test('if there is no file', async () => {
    await expect(load('no-such-guest')).rejects.toMatchObject({ code: 'bad-component' });
  });
});

describe.each(nodeWays)('$engine $isolation', (way) => {
  test('interfaces of the embedder serve what WASI does not', async () => {
    const component = await load('missing-import', [store, greet]);
    await using served = await serveGuest(component, {}, way);
    const response = await fetch(served.origin);
    expect(await response.text()).toBe('Good day, wasi-serve \u{1f600} ok\n');
  });

  test("an embedder's interface takes the place of WASI's", async () => {
    const environment: HostInterface<WasiCtx> = {
      name: 'wasi:cli/environment',
      version: '0.2.12',
      resources: {},
      mayWait: [],
      funcs: {
        'get-environment': () => [['MINE', 'yes']],
        'get-arguments': () => ['one', 'two'],
        'initial-cwd': () => '/home',
      },
    };
    await using served = await serveGuest(await load('env', [environment]), {}, way);
    const response = await fetch(served.origin);
    expect(await response.text()).toMatch(/^MINE=yes\narg: one\narg: two\ncwd: \/home\n/);
  });

  test('a component from bytes is served like one from a file', async () => {
    const { readFile } = await import('node:fs/promises');
    const component = await loadComponent(await readFile(guestFile('hello')), { label: 'mine', cache: false });
    await using served = await serveGuest(component, {}, way);
    await (await fetch(served.origin)).text();
    expect(served.events.all[0]).toMatchObject({ request: { component: 'mine' } });
  });

  test('two hosts in one process share nothing', async () => {
    const component = await load('env');
    await using one = await serveGuest(component, { env: { SECRET: '1' } }, way);
    await using two = await serveGuest(component, {}, way);
    await (await fetch(one.origin)).text();
    const response = await fetch(two.origin);
    expect(await response.text()).not.toContain('SECRET');
    expect(one.events.all).toHaveLength(1);
    expect(two.events.all).toHaveLength(1);
    expect(two.host.inFlight).toBe(0);
  });

  test('closing one host leaves the other at work', async () => {
    const component = await load('hello');
    await using one = await serveGuest(component, {}, way);
    await using two = await serveGuest(component, {}, way);
    await one.host.close();
    await expect(fetch(one.origin)).rejects.toThrow();
    expect((await fetch(two.origin)).status).toBe(200);
  });

  test('closing a host waits for its guests', async () => {
    const host = createHost(await load('sleep'));
    const response = host.fetch(new Request('http://test/?ms=30'));
    await expect.poll(() => host.inFlight).toBe(1);
    expect(await host.close()).toBe(0);
    expect(await (await response).text()).toBe('slept 30\n');
  });

  test('closing a host ends guests that take too long', async () => {
    const host = createHost(await load('sleep'));
    const response = host.fetch(new Request('http://test/?ms=60000'));
    await expect.poll(() => host.inFlight).toBe(1);
    expect(await host.close(10)).toBe(1);
    expect((await response).status).toBe(503);
  });
});
