/** The name of an interface as a component imports or exports it: `wasi:http/types@0.2.3`. */
export interface InterfaceName {
  /** The name without version: `wasi:http/types`. */
  readonly name: string;
  /** `undefined` if the name has none. */
  readonly version: string | undefined;
}

/** Splits `namespace:package/interface@version`. */
export function parseInterfaceName(text: string): InterfaceName {
  const at = text.indexOf('@');
  return at === -1 ? { name: text, version: undefined } : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/**
 * The part of a version within which interfaces only grow: `1` of `1.4.0`, `0.2` of `0.2.3`; a pre-release stands alone.
 *
 * Source: "canonical version" in component-model `design/mvp/Explainer.md`.
 */
export function versionTrack(version: string | undefined): string {
  if (version === undefined) return '';
  const parts = /^(\d+)\.(\d+)\.(\d+)(-[^+]+)?/.exec(version);
  if (parts === null || parts[4] !== undefined) return version;
  const [, major, minor, patch] = parts;
  if (major !== '0') return `${major}`;
  return minor === '0' ? `0.0.${patch}` : `0.${minor}`;
}

/** `get-random-bytes` as a JavaScript binding spells it: `getRandomBytes`. */
export function toCamelCase(kebab: string): string {
  return kebab.replace(/-(.)/g, (_match, letter: string) => letter.toUpperCase());
}

/** `outgoing-body` as a JavaScript binding spells it: `OutgoingBody`. */
export function toPascalCase(kebab: string): string {
  return toCamelCase(`-${kebab}`);
}

/** A function's parsed, annotated name. Source: component-model `Explainer.md`, "name annotations". */
export type FuncName =
  | { readonly kind: 'freestanding'; readonly func: string }
  | { readonly kind: 'constructor'; readonly resource: string }
  | { readonly kind: 'method' | 'static'; readonly resource: string; readonly func: string };

/** Parses `now`, `[constructor]fields`, `[method]fields.get`, `[static]fields.from-list`. */
export function parseFuncName(text: string): FuncName {
  const parts = /^\[(?<kind>constructor|method|static)\](?<resource>[^.]+)(?:\.(?<func>.+))?$/.exec(text)?.groups;
  if (parts === undefined) return { kind: 'freestanding', func: text };
  const { kind, resource = '', func = '' } = parts;
  return kind === 'constructor' ? { kind, resource } : { kind: kind as 'method' | 'static', resource, func };
}
