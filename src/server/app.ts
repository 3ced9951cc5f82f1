import { Hono } from 'hono';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { HttpBindings } from '@hono/node-server';
import { handle } from './handle.ts';
import { createNodeExchange } from './node-exchange.ts';
import type { Service } from './service.ts';

/** The routes of a host with sockets of its own: every path goes to the one component. */
export function createApp(service: Service): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.all('*', ({ env }) => {
    void handle(service, createNodeExchange(env.incoming, env.outgoing));
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}
