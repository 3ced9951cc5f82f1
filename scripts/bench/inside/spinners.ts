// How long good requests take while guests compute without an end, all in one process:
//   node scripts/bench/inside/spinners.ts [SPINNERS [REQUESTS]]
// One connection asks for one reply after the other; the guests that spin end at their deadline, after which it stops.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { createInterface } from 'node:readline';

const DEADLINE_S = 20;
const [spinners, requests] = [Number(process.argv[2] ?? 2), Number(process.argv[3] ?? 2000)];
const root = `${import.meta.dirname}/../../..`;
const flags = ['--addr', '127.0.0.1:0', '-W', `timeout=${DEADLINE_S}s`, '--access-log', 'off', '--log-format', 'json'];
const server = spawn(
  process.execPath,
  [`${root}/src/main.ts`, 'serve', `${root}/components/spin/spin.wasm`, ...flags],
  {
    stdio: ['ignore', 'inherit', 'pipe'],
  },
);

try {
  const origin = await untilListening();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let warmUp = 0; warmUp < 200; warmUp += 1) await ask(`${origin}/`, agent);
  report('alone', await measure(`${origin}/`, agent));
  const spinning = Array.from({ length: spinners }, () => ask(`${origin}/?before`));
  await ask(`${origin}/?ms=100`, agent);
  report(`beside ${spinners} that compute without an end`, await measure(`${origin}/`, agent));
  console.log(`these are answered at their deadline: ${(await Promise.all(spinning)).join(', ')}`);
} finally {
  server.kill();
}

async function untilListening(): Promise<string> {
  for await (const line of createInterface(server.stderr)) {
    const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (origin !== undefined) return origin;
  }
  throw new Error('the server did not start');
}

/** Resolves with the status. */
async function ask(url: string, agent?: Agent): Promise<number> {
  const [response] = await once(get(url, agent === undefined ? {} : { agent }), 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode as number;
}

/** Milliseconds that each request took, ascending. */
async function measure(url: string, agent: Agent): Promise<number[]> {
  const latencies: number[] = [];
  for (let request = 0; request < requests; request += 1) {
    const startedMs = performance.now();
    if ((await ask(url, agent)) !== 200) throw new Error('a good request failed');
    latencies.push(performance.now() - startedMs);
  }
  return latencies.toSorted((a, b) => a - b);
}

function report(what: string, latencies: readonly number[]): void {
  const at = (part: number): string => (latencies[Math.ceil(latencies.length * part) - 1] ?? 0).toFixed(2);
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`);
}
