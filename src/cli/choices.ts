import type { Component } from '../host.ts';
import type { Choice } from '../observe/log.ts';

const ENGINE_REASONS: Readonly<Record<Component['engine'], string>> = {
  jco: "the component runs in jco's glue, the one engine so far",
};

const ISOLATION_REASONS: Readonly<Record<Component['isolation'], string>> = {
  fresh: 'every request gets a new instance, as always with the jco engine',
};

/** The engine and why it is this one. */
export function explainEngine(name: Component['engine']): Choice {
  return { name, reason: ENGINE_REASONS[name] };
}

/** How requests are isolated and why in this way. */
export function explainIsolation(name: Component['isolation']): Choice {
  return { name, reason: ISOLATION_REASONS[name] };
}
