// What Node can do at best: the guest's reply without a guest. node floor.ts (node|hono) PORT (GET|POST) REPLY
import { type RequestListener, createServer } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const [maker, port, method, reply = ''] = process.argv.slice(2);
const TEXT = { 'content-type': 'text/plain' };
const address = { hostname: '127.0.0.1', port: Number(port) };

if (maker === 'hono') serve({ fetch: createApp().fetch, ...address });
else createServer(method === 'POST' ? echo : answer).listen(address.port, address.hostname);

/** A POST gets its own body back, chunk by chunk, as from the guest `echo`. */
function createApp(): Hono {
  const app = new Hono();
  app.get('*', (context) => context.body(reply, 200, TEXT));
  app.post('*', (context) => new Response(context.req.raw.body, { headers: TEXT }));
  return app;
}

function answer(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, TEXT).end(reply);
}

function echo(...[request, response]: Parameters<RequestListener>): void {
  request.pipe(response.writeHead(200, TEXT));
}
