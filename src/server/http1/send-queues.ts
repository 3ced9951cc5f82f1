import { readFile } from 'node:fs/promises';
import { type Socket, isIPv6 } from 'node:net';

/** Where Linux says how many bytes the peer of each connection has not acknowledged. Source: the kernel's `Documentation/networking/proc_net_tcp.rst`. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

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
  #bytes: ReadonlyMap<string, number> = new Map();

  /** Reads the queues. Resolves with whether the kernel offers them: Linux does, if `/proc` may be read. */
  async read(): Promise<boolean> {
    const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
    this.#bytes = new Map(tables.flatMap(parseSendQueues));
    return this.#bytes.size > 0;
  }

  /** How many bytes for the peer of `socket` were in the kernel at the last `read`. */
  of(socket: Socket): number {
    return this.#bytes.get(keyOf(socket)) ?? 0;
  }
}

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
