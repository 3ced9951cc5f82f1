import * as fc from 'fast-check';
import { type AddressInfo, connect, createServer } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileNetPolicy } from '../../../src/wasi/sockets/net-policy.ts';
import type { IpSocketAddress } from '../../../src/wasi/sockets/socket-address.ts';
import type { SocketResult } from '../../../src/wasi/sockets/socket-error.ts';
import { TcpSocket } from '../../../src/wasi/sockets/tcp-socket.ts';
import type { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { WasiCtx as Ctx } from '../../../src/wasi/wasi-ctx.ts';
import type { SocketsGrants } from '../../../src/wasi/sockets/grants.ts';

const net = compileNetPolicy({
  inheritNetwork: true,
  allowNet: undefined,
  allowTcp: undefined,
  allowUdp: undefined,
  allowIpNameLookup: false,
});
const server = createServer((socket) => void socket.on('error', () => {}));
let port = 0;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

const address = (at: number): IpSocketAddress => ({ tag: 'ipv4', val: { port: at, address: [127, 0, 0, 1] } });

/** The rules of wasi-sockets `TcpSocketOperationalSemantics.md`, without a network. */
class Model {
  state: 'unbound' | 'bound' | 'connected' | 'listening' = 'unbound';
  doing: 'bind' | 'connect' | 'listen' | undefined;

  expected(call: Call): string {
    if (call === 'finish-bind' || call === 'finish-listen' || call === 'finish-connect') {
      return this.finish(call.slice('finish-'.length));
    }
    const isIdle = this.doing === undefined;
    switch (call) {
      case 'start-bind':
        return !isIdle
          ? 'concurrency-conflict'
          : this.state === 'unbound'
            ? this.begin('bind', 'bound')
            : 'invalid-state';
      case 'start-listen':
        return !isIdle
          ? 'concurrency-conflict'
          : this.state === 'bound'
            ? this.begin('listen', 'listening')
            : 'invalid-state';
      case 'start-connect':
        if (!isIdle) return 'concurrency-conflict';
        return this.state === 'unbound' || this.state === 'bound'
          ? this.begin('connect', 'connected')
          : 'invalid-state';
      case 'accept':
        return this.state === 'listening' ? 'would-block' : 'invalid-state';
      case 'remote-address':
        return this.state === 'connected' ? 'ok' : 'invalid-state';
      case 'local-address':
      default:
        return this.state === 'unbound' ? 'invalid-state' : 'ok';
    }
  }

  begin(doing: NonNullable<Model['doing']>, next: Model['state']): string {
    this.doing = doing;
    this.state = next;
    return 'ok';
  }

  finish(what: string): string {
    if (this.doing !== what) return 'not-in-progress';
    this.doing = undefined;
    return 'ok';
  }
}

const CALLS = [
  'start-bind',
  'finish-bind',
  'start-listen',
  'finish-listen',
  'start-connect',
  'finish-connect',
  'accept',
  'local-address',
  'remote-address',
] as const;
type Call = (typeof CALLS)[number];

type Run = (socket: TcpSocket) => { readonly tag: string; readonly val?: unknown };

const RUN: Readonly<Record<Call, Run>> = {
  'start-bind': (socket) => socket.startBind(address(0)),
  'finish-bind': (socket) => socket.finishBind(),
  'start-listen': (socket) => socket.startListen(),
  'finish-listen': (socket) => socket.finishListen(),
  'start-connect': (socket) => socket.startConnect(address(port)),
  'finish-connect': (socket) => socket.finishConnect(),
  accept: (socket) => socket.accept(),
  'local-address': (socket) => socket.localAddress(),
  'remote-address': (socket) => socket.remoteAddress(),
};

test('whatever is called in whatever order, a TCP socket answers as the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...CALLS), { maxLength: 12 }), async (calls) => {
      using ctx: WasiCtx = new Ctx<SocketsGrants>({ net });
      const created = TcpSocket.create(ctx, 'ipv4');
      if (created.tag === 'err') throw new Error(created.val);
      const socket = created.val;
      const model = new Model();
      for (const call of calls) {
        const expected = model.expected(call);
        const result = RUN[call](socket);
        expect([call, result.tag === 'ok' ? 'ok' : result.val]).toEqual([call, expected]);
        // What was started is done before anything else is called: the states between are those of the network.
        // A socket that listens would be ready only when somebody connects.
        const isStarted = call.startsWith('start-') && result.tag === 'ok';
        if (isStarted) await ctx.wait([socket]);
      }
    }),
    { numRuns: 200 },
  );
});

test('a socket is counted until it is closed, and its place is given back', () => {
  using ctx = new Ctx<SocketsGrants>({ net });
  const before = ctx.held.bytes;
  const created = TcpSocket.create(ctx, 'ipv4');
  expect(ctx.held.bytes).toBeGreaterThan(before);
  if (created.tag === 'ok') created.val[Symbol.dispose]();
  expect(ctx.held.bytes).toBe(before);
});

test('connections that their peers reset at any moment are accepted with their addresses, or not at all', async () => {
  using ctx: WasiCtx = new Ctx<SocketsGrants>({ net });
  const listening = valueOf(TcpSocket.create(ctx, 'ipv4'));
  valueOf(listening.startBind(address(0)));
  valueOf(listening.finishBind());
  valueOf(listening.startListen());
  await ctx.wait([listening]);
  valueOf(listening.finishListen());
  const { port: at } = valueOf(listening.localAddress()).val;
  let last = 0;
  for (let round = 0; round < 60; round += 1) {
    const client = connect({ host: '127.0.0.1', port: at });
    await once(client, 'connect');
    const isReset = round % 3 !== 2;
    last = client.localPort ?? 0;
    if (isReset && round % 3 === 0) client.resetAndDestroy();
    if (isReset) setImmediate(() => client.resetAndDestroy());
    else client.end();
  }
  for (let seen = 0; seen !== last;) {
    await ctx.wait([listening]);
    const [accepted] = valueOf(listening.accept());
    seen = valueOf(accepted.remoteAddress()).val.port;
    expect(valueOf(accepted.localAddress()).val.port).toBe(at);
  }
});

function valueOf<T>(result: SocketResult<T>): T {
  if (result.tag === 'err') throw new Error(result.val);
  return result.val;
}
