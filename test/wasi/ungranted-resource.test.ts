import { describe, expect, test } from 'vitest';
import { Trap } from '../../src/util/trap.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { preopens } from '../../src/wasi/filesystem/preopens.ts';
import { filesystemTypes } from '../../src/wasi/filesystem/types.ts';
import { IoError } from '../../src/io/io-error.ts';
import { instanceNetwork } from '../../src/wasi/sockets/instance-network.ts';
import { ipNameLookup } from '../../src/wasi/sockets/ip-name-lookup.ts';
import { network } from '../../src/wasi/sockets/network.ts';
import { tcpCreateSocket } from '../../src/wasi/sockets/tcp-create-socket.ts';
import { tcp } from '../../src/wasi/sockets/tcp.ts';
import { udpCreateSocket } from '../../src/wasi/sockets/udp-create-socket.ts';
import { udp } from '../../src/wasi/sockets/udp.ts';

const ctx = new WasiCtx({});
const anyNetwork = instanceNetwork.funcs['instance-network'](ctx);

test('no directory is open', () => {
  expect(preopens.funcs['get-directories'](ctx)).toEqual([]);
});

test.each([
  ['a TCP socket', () => tcpCreateSocket.funcs['create-tcp-socket'](ctx, 'ipv4')],
  ['a UDP socket', () => udpCreateSocket.funcs['create-udp-socket'](ctx, 'ipv6')],
  ['a lookup', () => ipNameLookup.funcs['resolve-addresses'](ctx, anyNetwork, 'example.org')],
])('%s is denied', (_name, call) => {
  expect(call()).toEqual({ tag: 'err', val: 'access-denied' });
});

test("a stream's error is neither a file's nor a socket's", () => {
  const error = new IoError('broken');
  expect(filesystemTypes.funcs['filesystem-error-code'](ctx, error)).toBeUndefined();
  expect(network.funcs['network-error-code'](ctx, error)).toBeUndefined();
});

describe.each([ipNameLookup, tcp, udp])('$name', ({ funcs }) => {
  const methods = Object.entries<() => unknown>(funcs as never).filter(([name]) => name.startsWith('[method]'));

  test.each(methods)('%s traps', (name, method) => {
    expect(method).toThrow(new Trap(`${name.slice('[method]'.length)}: no resource with this method is granted`));
  });
});

test('no two resources share a class', () => {
  const classes = [filesystemTypes, ipNameLookup, network, tcp, udp].flatMap(({ resources }) =>
    Object.values(resources),
  );
  expect(new Set(classes).size).toBe(classes.length);
});
