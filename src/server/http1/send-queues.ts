import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Socket, isIPv6 } from 'node:net';

/**
 * Where Linux says how many bytes the peer of each connection has not acknowledged, by the address family of Node. It takes the kernel some milliseconds to
 * walk through one, however few connections there are. Source: the kernel's `Documentation/networking/proc_net_tcp.rst`.
 */
const TABLES: Readonly<Record<string, string>> = { IPv4: '/proc/net/tcp', IPv6: '/proc/net/tcp6' };

/**
 * Columns of a line: its number, both addresses in hexadecimal, a state, and the bytes that wait to be sent.
 * Shape: `12: 0100007F:1F90 0100007F:C350 01 00010000:00000000 …`
 */
const LINE = /^ *\d+: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/gm;

/**
 * How many of the bytes that were written to connections are still in the kernel: Node only knows those that it has not passed on. A buffer of the
 * kernel holds some megabytes, and reports room when a third of it is free: so to Node a client that reads looks as if it did not, and one that reads
 * nothing as if it did.
 */
export class SendQueues {
  readonly #keys = new WeakMap<Socket, string>();
  #bytes: ReadonlyMap<string, number> = new Map();

  /** Reads the queues of `sockets`. Resolves with whether the kernel offers them: Linux does, if `/proc` may be read. */
  async read(sockets: readonly Socket[]): Promise<boolean> {
    let text = '';
    for (const family of new Set(sockets.map((socket) => socket.remoteFamily))) {
      const path = TABLES[family ?? ''];
      if (path !== undefined) text += await readTable(path);
    }
    this.#bytes = new Map(parseSendQueues(text));
    return this.#bytes.size > 0;
  }

  /** How many bytes for the peer of `socket` were in the kernel at the last `read`. */
  of(socket: Socket): number {
    let key = this.#keys.get(socket);
    if (key === undefined) this.#keys.set(socket, (key = keyOf(socket)));
    return this.#bytes.get(key) ?? 0;
  }
}

/** For how long a table is read in one turn of the event loop. */
const READ_MS = 5;

/**
 * Reads a table; nothing if there is none. The kernel gives 4 KiB at a time, and a busy event loop takes long to turn: so as much is read in each turn as
 * a few milliseconds allow.
 */
async function readTable(path: string): Promise<string> {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return await readInTurns(fd);
  } catch {
    return '';
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function readInTurns(fd: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let text = '';
  for (let endMs = performance.now() + READ_MS; ;) {
    const byteLength = readSync(fd, buffer);
    if (byteLength === 0) return text;
    text += buffer.toString('latin1', 0, byteLength);
    if (performance.now() < endMs) continue;
    await nextTurn();
    endMs = performance.now() + READ_MS;
  }
}

const CHUNK_BYTES = 16 * 1024;

/** Parses a table into the key of each connection and its bytes. */
export function parseSendQueues(table: string): (readonly [string, number])[] {
  return Array.from(table.matchAll(LINE), ([, key = '', bytes = '']) => [key, Number.parseInt(bytes, 16)] as const);
}

/** Both ends of a connection, in the notation of the tables. */
export function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${toHex(localAddress)}:${portToHex(localPort)} ${toHex(remoteAddress)}:${portToHex(remotePort)}`;
}

function portToHex(port = 0): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/** Words of four bytes, each as a number of this machine, whose least byte comes first. */
function toHex(address = '0.0.0.0'): string {
  const bytes = isIPv6(address) ? bytesOfIPv6(address) : address.split('.').map(Number);
  let hex = '';
  for (let word = 0; word < bytes.length; word += 4) {
    for (const byte of bytes.slice(word, word + 4).toReversed())
      hex += byte.toString(16).toUpperCase().padStart(2, '0');
  }
  return hex;
}

function bytesOfIPv6(address: string): number[] {
  // A URL writes an IPv4 address at the end as groups, and leaves the zone out.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':'))) as [
    string[],
    string[],
  ];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const word = Number.parseInt(group, 16);
    return [word >> 8, word & 0xff];
  });
}
