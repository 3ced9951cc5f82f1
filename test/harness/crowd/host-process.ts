// A process of its own that serves a guest: `host-process.ts GUEST OPTIONS-AS-JSON`. Tells its parent the origin, and at any message
// its memory in bytes, its connections, the requests in flight, and what the operator has read.
import { createHost } from '../../../src/index.ts';
import { formatOrigin } from '../../../src/server/http1/listen.ts';
import { guest } from '../guests.ts';

const [name = '', options = '{}'] = process.argv.slice(2);
const notices: string[] = [];
const silent = { writeGuestOutput: () => undefined };
const host = createHost(await guest(name), { ...silent, ...JSON.parse(options) }, (event) => {
  if (event.at === 'notice') notices.push(event.message);
});
const { address } = await host.listen({ hostname: '127.0.0.1', port: 0 });
process.on('message', () =>
  process.send?.({
    rss: process.memoryUsage().rss,
    maxRss: process.resourceUsage().maxRSS * 1024,
    connections: process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length,
    inFlight: host.inFlight,
    notices,
  }),
);
process.on('disconnect', () => process.exit(0));
process.send?.({ origin: formatOrigin(address) });
