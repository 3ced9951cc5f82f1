import type { World } from './world.ts';

/** Which of WASI's worlds a component implements, judging by its exports. */
export interface WorldKind {
  /** The world, with the version of the export that identifies it: `wasi:http/proxy@0.2.3`; `a custom world` if it is none of WASI's. */
  readonly name: string;
  readonly kind: 'proxy' | 'service' | 'command' | 'other';
}

/** The exports that identify a world. Source: `proxy.wit`, wasi-http 0.3's `worlds.wit`, `command.wit`. */
const WORLDS = [
  { exported: 'wasi:http/incoming-handler', world: 'wasi:http/proxy', kind: 'proxy' },
  { exported: 'wasi:http/handler', world: 'wasi:http/service', kind: 'service' },
  { exported: 'wasi:cli/run', world: 'wasi:cli/command', kind: 'command' },
] as const;

/** The first of WASI's worlds that `world` implements. */
export function toWorldKind({ exports }: Pick<World, 'exports'>): WorldKind {
  for (const { exported, world, kind } of WORLDS) {
    const name = exports.find((candidate) => candidate.split('@')[0] === exported);
    if (name !== undefined) return { name: world + name.slice(exported.length), kind };
  }
  return { name: 'a custom world', kind: 'other' };
}
