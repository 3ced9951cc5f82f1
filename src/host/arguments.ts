import type { ServeOptions } from '../config/options.ts';
import type { Log } from '../observe/log.ts';
import type { Handler } from '../server/handler.ts';
import { HostError } from '../util/host-error.ts';
import type { Component } from './load.ts';

export function isComponent(value: unknown): value is Component {
  return isObject(value) && typeof value['createStrategy'] === 'function';
}

export function isHandler(value: unknown): value is Handler {
  return isObject(value) && typeof value['answer'] === 'function';
}

/** Whether it may be an object of options: what stands in it, others check. */
export function isOptions(value: unknown): value is ServeOptions {
  return (
    isObject(value) && !isHandler(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)
  );
}

/** Throws `HostError` if it is not a log. */
export function assertLog(log: unknown): asserts log is Log {
  if (typeof log === 'function') return;
  throw new HostError('bad-argument', `a log is a function that takes an event, not ${describeArgument(log)}`);
}

/** Describes a wrong argument, and says what to do if that is clear. */
export function describeArgument(value: unknown): string {
  if (typeof value === 'string') return `the string '${value}': load it first, with await loadComponent('${value}')`;
  if (value instanceof URL) return `the URL ${value.href}: load it first, with await loadComponent(url)`;
  if (value instanceof Promise) return 'a promise: await it first';
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return 'bytes: load them first, with await loadComponent(bytes)';
  if (isHandler(value)) return 'a handler: mount it, with host.mount(route, handler)';
  if (typeof value === 'function')
    return 'a function: a Hono app or its fetch is mounted with host.app.mount(path, app.fetch)';
  return value === null || typeof value !== 'object'
    ? String(value)
    : `an object of ${value.constructor?.name ?? 'no class'}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
