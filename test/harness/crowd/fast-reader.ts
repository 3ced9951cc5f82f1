// A process that reads a reply as fast as it comes: `node fast-reader.ts URL`. Exits with 0 if it was whole.
import { get } from 'node:http';

get(process.argv[2] ?? '', { agent: false }, (incoming) => {
  incoming.on('data', () => undefined);
  incoming.on('close', () => process.exit(incoming.complete ? 0 : 1));
}).on('error', () => process.exit(2));
