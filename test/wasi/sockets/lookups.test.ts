import { expect, test } from 'vitest';
import type { LookupAll, SocketsGrants } from '../../../src/wasi/sockets/grants.ts';
import { compileNetPolicy } from '../../../src/wasi/sockets/net-policy.ts';
import { ResolveAddressStream } from '../../../src/wasi/sockets/resolve-address-stream.ts';
import { WasiCtx } from '../../../src/wasi/wasi-ctx.ts';
import { until } from '../../harness/until.ts';

const net = compileNetPolicy({
  inheritNetwork: true,
  allowNet: undefined,
  allowTcp: undefined,
  allowUdp: undefined,
  allowIpNameLookup: true,
});

test('lookups that are not answered keep no others from being looked up later, and those of a request that has ended never begin', async () => {
  const begun: { name: string; answer: () => void }[] = [];
  const lookupAll: LookupAll = (name, _options, callback) => {
    begun.push({ name, answer: () => callback(null, [{ address: '192.0.2.1', family: 4 }]) });
  };
  {
    using silent = new WasiCtx<SocketsGrants>({ net, lookupAll });
    for (let index = 0; index < 100; index += 1) ResolveAddressStream.start(silent, `${index}.test`);
    await until(() => begun.length === 2);
  }
  using other = new WasiCtx<SocketsGrants>({ net, lookupAll });
  const started = ResolveAddressStream.start(other, 'other.test');
  for (const { answer } of begun.splice(0)) answer();
  await until(() => begun.length === 1);
  expect(begun[0]?.name).toBe('other.test');
  begun[0]?.answer();
  expect(started.tag === 'ok' && started.val.next()).toMatchObject({ tag: 'ok', val: { tag: 'ipv4' } });
});

test('a lookup that cannot even begin fails, and keeps nobody else from theirs', async () => {
  using ctx = new WasiCtx<SocketsGrants>({ net, lookupAll: refuse });
  for (let index = 0; index < 10; index += 1) {
    const started = ResolveAddressStream.start(ctx, 'a.test');
    if (started.tag === 'err') throw new Error(started.val);
    await until(() => started.val.isReady());
    expect(started.val.next()).toEqual({ tag: 'err', val: 'unknown' });
  }
});

function refuse(): never {
  throw new Error('lookups are not permitted');
}
