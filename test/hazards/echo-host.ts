// A process of its own that serves the guest `echo`: tells its parent the origin, and at any message its memory in bytes.
import { createHost } from '../../src/index.ts';
import { formatOrigin } from '../../src/server/listen.ts';
import { guest } from '../harness/guests.ts';

const host = createHost(await guest('echo'), { timeoutMs: 0 });
const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
process.on('message', () =>
  process.send?.({ rss: process.memoryUsage().rss, maxRss: process.resourceUsage().maxRSS * 1024 }),
);
process.on('disconnect', () => process.exit(0));
process.send?.({ origin: formatOrigin(address) });
