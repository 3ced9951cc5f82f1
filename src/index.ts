export { type Component, type Host, type LoadComponentOptions, createHost, loadComponent } from './host.ts';
export { type ComponentHandler, component } from './mount.ts';
export type { Engine, HostOptions, Isolation, LoadOptions } from './config/options.ts';
export { HostError, type HostErrorCode } from './util/host-error.ts';
export type { Address, Listening } from './server/listen.ts';
export type { Log, LogEvent, RequestRecord } from './observe/log.ts';
export { type HostFunc, type HostInterface, type ResourceClass, type Result, err, ok } from './abi/host-interface.ts';
export { Trap } from './abi/trap.ts';
export type { WasiCtx } from './wasi/context.ts';
