import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A reverse proxy in front of several servers, of which it tries the next if one refuses a connection. Disposing ends it. */
export interface Proxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** What it has said of its servers. */
  readonly errors: string;
}

export type ProxyName = keyof typeof PROXIES;

/** How a proxy is configured, in `folder`, and started with that file. */
interface ProxyKind {
  readonly args: readonly string[];
  configure(folder: string, port: number, servers: readonly string[]): string;
}

const PROXIES = {
  /** Keeps connections to servers, and sends a POST again only if nothing of it was sent. */
  nginx: {
    args: ['-c'],
    configure: (folder, port, servers) => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/errors;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  upstream servers {
    ${servers.map((server) => `server ${server};`).join('\n    ')}
    keepalive 16;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://servers;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
  },
  /** Shares kept connections among clients, and sends again only if the connection failed. */
  haproxy: {
    args: ['-db', '-f'],
    configure: (_folder, port, servers) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  option redispatch 1
  retries 3
  http-reuse always
frontend clients
  bind 127.0.0.1:${port}
  default_backend servers
backend servers
  balance roundrobin
${servers.map((server, index) => `  server s${index} ${server}`).join('\n')}
`,
  },
} satisfies Record<string, ProxyKind>;

/** Debian installs them in a folder that is only on root's PATH. */
const ENV = { PATH: `${process.env['PATH']}:/usr/sbin` };

export function isInstalled(name: ProxyName): boolean {
  return spawnSync(name, ['-v'], { env: ENV }).error === undefined;
}

/** Starts one in front of `origins`. */
export async function startProxy(name: ProxyName, origins: readonly string[]): Promise<Proxy> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'wasi-serve-proxy-'))).path;
  const port = await freePort();
  const file = join(folder, 'config');
  const { args, configure } = PROXIES[name];
  writeFileSync(
    file,
    configure(
      folder,
      port,
      origins.map((origin) => new URL(origin).host),
    ),
  );
  const child = spawn(name, [...args, file], { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { written: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (text.written += String(bytes)));
  const ended = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  stack.defer(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await untilAccepting(port, child, () => text.written);
  const running = stack.move();
  return {
    origin: `http://127.0.0.1:${port}`,
    get errors() {
      return name === 'nginx' ? readFileSync(join(folder, 'errors'), 'utf8') : text.written;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** A port that nothing listens on now. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until a process that was started accepts connections. */
export async function untilAccepting(port: number, child: ChildProcess, written: () => string): Promise<void> {
  while (!(await isAccepting(port))) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${written()}`);
    await sleep(10);
  }
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
