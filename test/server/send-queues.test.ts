import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { SendQueues, keyOf, parseSendQueues } from '../../src/server/http1/send-queues.ts';
import { until } from '../harness/until.ts';

describe('what the kernel has of a connection', () => {
  test.each([['127.0.0.1'], ['::1'], ['::ffff:127.0.0.1']])('is known, over %s', async (address) => {
    const server = createServer().listen(0, '::');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = connect(port, address);
    client.pause();
    const [socket] = (await once(server, 'connection')) as [Socket];
    const queues = new SendQueues();
    expect(await queues.read([socket])).toBe(true);
    expect(queues.of(socket)).toBe(0);

    // More than the client's side takes without being read.
    socket.write(Buffer.alloc(64 * 1024 * 1024));
    await until(async () => (await queues.read([socket])) && queues.of(socket) > 100_000);
    client.resume();
    await until(async () => (await queues.read([socket])) && queues.of(socket) === 0);
    client.destroy();
    socket.destroy();
    server.close();
  });

  test('is read from the lines of a table', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20 1 0 100 0 0 10 0',
      '  12: 0100007F:1F90 0100007F:C350 01 00010A00:00000003 01:00000014 00000000     0        0 21 2 0 20 4 30 10 -1',
      '',
    ].join('\n');
    expect(parseSendQueues(table)).toEqual([
      ['0100007F:1F90 00000000:0000', 0],
      ['0100007F:1F90 0100007F:C350', 0x10a00],
    ]);
  });

  test.each([
    ['127.0.0.1', '0100007F'],
    ['192.168.1.20', '1401A8C0'],
    ['::1', '00000000000000000000000001000000'],
    ['::', '00000000000000000000000000000000'],
    ['::ffff:127.0.0.1', '0000000000000000FFFF00000100007F'],
    ['2001:db8::8a2e:370:7334', 'B80D0120000000002E8A000034737003'],
    ['fe80::1%eth0', '000080FE000000000000000001000000'],
  ])('stands under %s as %s', (address, hex) => {
    const socket = { localAddress: address, localPort: 80, remoteAddress: address, remotePort: 65_535 } as Socket;
    expect(keyOf(socket)).toBe(`${hex}:0050 ${hex}:FFFF`);
  });
});
