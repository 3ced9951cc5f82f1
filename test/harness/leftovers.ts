import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'vitest';
import type { Host } from '../../src/index.ts';
import { until } from './until.ts';

/** What requests can leave behind in this process. */
export interface Leftovers {
  readonly inFlight: number;
  readonly timers: number;
  readonly sockets: number;
  /** On the sockets of servers, and for `drain` on their responses. */
  readonly listeners: number;
}

const exchanges: { readonly socket: Socket; readonly response: ServerResponse }[] = [];
subscribe('http.server.request.start', (message) => exchanges.push(message as (typeof exchanges)[number]));

/** Counts what is there now. */
export function leftovers({ inFlight }: Host): Leftovers {
  const active = process.getActiveResourcesInfo();
  const sockets = new Set(exchanges.map(({ socket }) => socket).filter((socket) => !socket.destroyed));
  let listeners = 0;
  for (const socket of sockets) listeners += listenersOf(socket);
  for (const { response } of exchanges) listeners += response.listenerCount('drain');
  return {
    inFlight,
    timers: active.filter((kind) => kind === 'Timeout').length,
    sockets: active.filter((kind) => kind === 'TCPSocketWrap').length,
    listeners,
  };
}

/** How many listen on a socket, whatever for. */
export function listenersOf(socket: Socket): number {
  return socket.eventNames().reduce((sum, event) => sum + socket.listenerCount(event), 0);
}

/** The server's sockets that are open, in the order of their first requests. */
export function openServerSockets(): Socket[] {
  return [...new Set(exchanges.map(({ socket }) => socket))].filter((socket) => !socket.destroyed);
}

/** Waits until all that was not there at `start` is gone. */
export async function untilNothingIsLeft(host: Host, start: Leftovers): Promise<void> {
  await until(() => isAtMost(leftovers(host), start)).catch(() => expect(leftovers(host)).toEqual(start));
}

function isAtMost(now: Leftovers, start: Leftovers): boolean {
  return (Object.keys(start) as (keyof Leftovers)[]).every((kind) => now[kind] <= start[kind]);
}
