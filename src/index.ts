export type { Host } from './host/host.ts';
export { createHost } from './host/create-host.ts';
export type { Choice } from './host/engines/component-engine.ts';
export { type Component, type LoadComponentOptions, loadComponent } from './host/load.ts';
export type { ComponentFile } from './host/to-source.ts';
export { type ComponentHandler, component } from './host/component.ts';
export type { AppEnv } from './host/app.ts';
export type { Route } from './host/route.ts';
export type { FetchInput } from './host/to-request.ts';
export type { Handler, HandlerLoad } from './server/handler.ts';
export type { Exchange, Framing, ReplyHead, ReplySink } from './server/exchange.ts';
export type {
  ComponentOptions,
  Engine,
  HostOptions,
  Isolation,
  ListenerOptions,
  LoadOptions,
  ServeOptions,
} from './config/options.ts';
export type { HostLimits, InstanceLimits, RequestLimits } from './util/limits.ts';
export { SharedQuota } from './util/shared-quota.ts';
export { HostError, type HostErrorCode } from './util/host-error.ts';
export type { Address, Listening, ListeningSocket } from './server/http1/listen.ts';
export type { HostLoad } from './observe/host-load.ts';
export { type Log, type LogEvent, type RequestRecord, SILENT, teeLog } from './observe/log.ts';
export { createFailureLog } from './observe/failure-log.ts';
export { createJsonLog } from './observe/json-log.ts';
export { createTextLog } from './observe/terminal/text-log.ts';
export { type Metrics, createMetrics } from './observe/metrics.ts';
export { type AdminPort, listenAdmin } from './server/admin.ts';
export { type Result, err, ok } from './util/result.ts';
export type { HostFunc, HostInterface, ResourceClass } from './abi/host-interface.ts';
export { Trap } from './util/trap.ts';
export type { WasiCtx } from './wasi/wasi-ctx.ts';
