import { type FfiModule, loadFfi } from '../../util/ffi.ts';
import { whenNeeded } from '../../util/when-needed.ts';
import type { IpAddressFamily } from './network.ts';

/** Options of TCP sockets. Times in seconds, sizes in bytes. */
export type TcpOption =
  | 'keep-alive-enabled'
  | 'keep-alive-idle-time'
  | 'keep-alive-interval'
  | 'keep-alive-count'
  | 'hop-limit'
  | 'receive-buffer-size'
  | 'send-buffer-size';

const SIGNATURES = {
  socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
  close: { arguments: ['int32'], return: 'int32' },
  getsockopt: { arguments: ['int32', 'int32', 'int32', 'pointer', 'pointer'], return: 'int32' },
  setsockopt: { arguments: ['int32', 'int32', 'int32', 'pointer', 'uint32'], return: 'int32' },
} as const;

interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  close(fd: number): number;
  getsockopt(fd: number, level: number, name: number, value: bigint, length: bigint): number;
  setsockopt(fd: number, level: number, name: number, value: bigint, length: number): number;
}

/** Source: Linux, asm-generic/socket.h, linux/in.h, in6.h, tcp.h; the same on x64 and arm64. */
const DOMAINS = { ipv4: 2, ipv6: 10 } as const;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const HOP_LIMITS = { ipv4: [0, 2], ipv6: [41, 16] } as const;
const NAMES: Readonly<Record<Exclude<TcpOption, 'hop-limit'>, readonly [level: number, name: number]>> = {
  'keep-alive-enabled': [1, 9],
  'keep-alive-idle-time': [6, 4],
  'keep-alive-interval': [6, 5],
  'keep-alive-count': [6, 6],
  'receive-buffer-size': [1, 8],
  'send-buffer-size': [1, 7],
};

/** Options of sockets by descriptor, which Node has no functions for. */
export class KernelOptions {
  readonly #libc: Libc;
  /** An `int` and its length, and where they are. */
  readonly #words = new Int32Array(2);
  readonly #address: bigint;
  readonly #defaults = new Map<string, number | undefined>();

  constructor(ffi: FfiModule) {
    this.#libc = ffi.dlopen(null, SIGNATURES).functions;
    this.#address = ffi.getRawPointer(this.#words.buffer);
  }

  get(fd: number, option: TcpOption, family: IpAddressFamily): number | undefined {
    const [level, name] = nameOf(option, family);
    this.#words[1] = Int32Array.BYTES_PER_ELEMENT;
    const lengthAddress = this.#address + BigInt(Int32Array.BYTES_PER_ELEMENT);
    if (this.#libc.getsockopt(fd, level, name, this.#address, lengthAddress) !== 0) return undefined;
    const [value = 0] = this.#words;
    // Linux doubles what is set, for its own bookkeeping, and tells the double. Source: socket(7).
    return isSize(option) ? value >> 1 : value;
  }

  /** Returns whether the kernel took it. */
  set(fd: number, option: TcpOption, { family, value }: { family: IpAddressFamily; value: number }): boolean {
    const [level, name] = nameOf(option, family);
    this.#words[0] = value;
    return this.#libc.setsockopt(fd, level, name, this.#address, Int32Array.BYTES_PER_ELEMENT) === 0;
  }

  /** The value that a new socket has. */
  defaultOf(option: TcpOption, family: IpAddressFamily): number | undefined {
    const key = `${family} ${option}`;
    if (!this.#defaults.has(key)) this.#defaults.set(key, this.#readDefault(option, family));
    return this.#defaults.get(key);
  }

  #readDefault(option: TcpOption, family: IpAddressFamily): number | undefined {
    const fd = this.#libc.socket(DOMAINS[family], SOCK_STREAM_CLOEXEC, 0);
    if (fd < 0) return undefined;
    try {
      return this.get(fd, option, family);
    } finally {
      this.#libc.close(fd);
    }
  }
}

/** The options of the kernel's sockets; `undefined` where they cannot be reached: not Linux, no `node:ffi`, no permission for it (`--allow-ffi`). */
export const kernelOptions = whenNeeded((): KernelOptions | undefined => {
  const isKnown = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
  if (!isKnown) return undefined;
  try {
    const ffi = loadFfi();
    return ffi === undefined ? undefined : new KernelOptions(ffi);
  } catch {
    return undefined;
  }
});

function isSize(option: TcpOption): boolean {
  return option === 'receive-buffer-size' || option === 'send-buffer-size';
}

function nameOf(option: TcpOption, family: IpAddressFamily): readonly [level: number, name: number] {
  return option === 'hop-limit' ? HOP_LIMITS[family] : NAMES[option];
}
