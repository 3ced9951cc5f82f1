import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { toServeConfig } from '../../src/config/to-serve-config.ts';
import type { Connection } from '../../src/server/http1/connection.ts';
import type { NodeExchange } from '../../src/server/http1/node-exchange.ts';
import { SlowClients } from '../../src/server/http1/slow-clients.ts';
import { until } from '../harness/until.ts';

test('a listener that closes while it checks its clients leaves no slow ones behind', async () => {
  const told: number[] = [];
  const admission = {
    missing: 0,
    isBusy: true,
    onBusy: () => () => undefined,
    noteSlow: (_listener: object, count: number) => void told.push(count),
  };
  const connections: Connection[] = [];
  const limits = toServeConfig({ writeTimeoutMs: 1 });
  const slowClients = new SlowClients(connections, { limits, admission, onReset: () => undefined });
  let samples = 0;
  const socket = {
    writableLength: 0,
    get bytesWritten() {
      samples += 1;
      if (samples === 2) slowClients[Symbol.dispose]();
      return 0;
    },
  };
  const held = { holdsGuest: true, measurePace: () => Infinity };
  connections.push({
    socket: socket as unknown as Socket,
    held: held as unknown as NodeExchange,
    checkInput: () => undefined,
  } as unknown as Connection);

  await until(() => samples === 2);
  await new Promise(setImmediate);
  expect(told.at(0)).toBe(1);
  expect(told.at(-1)).toBe(0);
});
