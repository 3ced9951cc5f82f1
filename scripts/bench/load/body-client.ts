// Sends large bodies and reads large replies: a BodyJob as JSON in argv, a BodyResult as JSON on stdout.
import { once } from 'node:events';
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { BodyJob, BodyResult } from './body-job.ts';

/** Of one write, unless chunks are smaller. */
const PIECE_BYTES = 64 * 1024;

const job = JSON.parse(process.argv[2] ?? '') as BodyJob;
process.stdout.write(JSON.stringify(await run(job)));

async function run({ connections, seconds }: BodyJob): Promise<BodyResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  let requests = 0;
  const repeat = async (): Promise<void> => {
    do {
      await exchange(agent);
      requests++;
    } while (elapsed() < seconds);
  };
  await Promise.all(Array.from({ length: connections }, repeat));
  agent.destroy();
  return { requests, seconds: elapsed() };
}

/** One request. Throws if its reply is not 200 with as many bytes as it should have. */
async function exchange(agent: Agent): Promise<void> {
  const { url, path, sentBytes, chunkBytes, receivedBytes } = job;
  const length = chunkBytes === undefined ? { 'content-length': sentBytes } : {};
  const method = sentBytes > 0 ? 'POST' : 'GET';
  const headers = { 'content-type': 'text/plain', ...(sentBytes > 0 && length) };
  const sending = request(`${url}${path}`, { method, headers, agent });
  const replied = countReply(sending);
  await Promise.all([send(sending, sentBytes, Math.min(chunkBytes ?? PIECE_BYTES, PIECE_BYTES)), replied]);
  const { status, bytes } = await replied;
  if (status === 200 && bytes === receivedBytes) return;
  throw new Error(`error: a reply was ${status} with ${bytes} bytes instead of 200 with ${receivedBytes}`);
}

async function send(sending: ClientRequest, bytes: number, pieceBytes: number): Promise<void> {
  const piece = Buffer.alloc(pieceBytes, 'x');
  for (let left = bytes; left > 0; left -= pieceBytes) {
    const hasRoom = sending.write(left < pieceBytes ? piece.subarray(0, left) : piece);
    if (!hasRoom) await once(sending, 'drain');
  }
  sending.end();
}

async function countReply(sending: ClientRequest): Promise<{ readonly status: number; readonly bytes: number }> {
  const [response] = (await once(sending, 'response')) as [IncomingMessage];
  let bytes = 0;
  response.on('data', (piece: Buffer) => (bytes += piece.length));
  await once(response, 'end');
  return { status: response.statusCode ?? 0, bytes };
}
