// A process that reads a reply as fast as it comes: `node fast-reader.ts URL`. Ends with 0 where it came whole.
import { get } from 'node:http';

get(process.argv[2] ?? '', { agent: false }, (incoming) => {
  incoming.on('data', () => undefined);
  incoming.on('close', () => process.exit(incoming.complete ? 0 : 1));
}).on('error', () => process.exit(2));
