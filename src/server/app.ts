import { Hono } from 'hono';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HttpBindings } from '@hono/node-server';
import { errorReply } from './error-reply.ts';
import { handle } from './handle.ts';
import { createNodeExchange, hostComplaint } from './node-exchange.ts';
import { sendOwnReply } from './reply.ts';
import type { Service } from './service.ts';

/** The routes of a host with sockets of its own: every path goes to the one component. */
export function createApp(service: Service): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', ({ env }) => {
    const exchange = createNodeExchange(env.incoming, env.outgoing);
    const complaint = hostComplaint(env.incoming);
    if (complaint === undefined) void handle(service, exchange);
    else sendOwnReply(exchange, errorReply(exchange.head, { status: 400, reason: complaint }, '-'));
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}
