/** The parsed name of an import or export. */
export type ParsedName =
  | { readonly kind: 'label' | 'interface' | 'dependency' | 'url' | 'hash' }
  | { readonly kind: 'constructor'; readonly resource: string }
  | { readonly kind: 'method' | 'static'; readonly resource: string; readonly func: string };

const WORD = '(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)';
/** No two alternatives match the same text: otherwise the time for matching would be polynomial in the length. */
const LABEL = `${WORD}(?:-(?:[0-9]*${WORD}|[0-9]+))*`;
const LOWER = '[a-z][0-9a-z]*(?:-[0-9a-z]+)*';
/** Source: semver.org, 2.0.0. */
const VERSION =
  '(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)' +
  '(?:-(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*))*)?' +
  '(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?';
const PACKAGE = `${LOWER}:${LOWER}`;
const HASH = 'sha(?:256|384|512)-[0-9A-Za-z+/]+={0,2}(?:\\?[^\\s>]*)?';
const INTEGRITY = `integrity=<\\s*${HASH}(?:\\s+${HASH})*\\s*>`;
const RANGE = `(?:@\\*|@\\{(?:\\*|>=${VERSION}(?: <${VERSION})?|<${VERSION})\\})`;

/** The forms of names, by kind. Source: `importname` and `exportname` in component-model `Explainer.md`. */
const FORMS = [
  ['label', new RegExp(`^${LABEL}$`)],
  ['constructor', new RegExp(`^\\[constructor\\](?<resource>${LABEL})$`)],
  ['method', new RegExp(`^\\[method\\](?<resource>${LABEL})\\.(?<func>${LABEL})$`)],
  ['static', new RegExp(`^\\[static\\](?<resource>${LABEL})\\.(?<func>${LABEL})$`)],
  ['interface', new RegExp(`^${PACKAGE}/${LABEL}(?:@${VERSION})?$`)],
  ['dependency', new RegExp(`^unlocked-dep=<${PACKAGE}(?:/${LABEL})?${RANGE}?>$`)],
  ['dependency', new RegExp(`^locked-dep=<${PACKAGE}(?:/${LABEL})?(?:@${VERSION})?>(?:,${INTEGRITY})?$`)],
  ['url', new RegExp(`^url=<[^<>]*>(?:,${INTEGRITY})?$`)],
  ['hash', new RegExp(`^${INTEGRITY}$`)],
] as const;

const IS_LABEL = new RegExp(`^${LABEL}$`);

/** Longer names are rejected without matching. Source: `MAX_WASM_STRING_SIZE` of wasm-tools. */
const MAX_NAME_LENGTH = 100_000;

/** Whether `text` is in kebab-case. Source: `label`. */
export function isLabel(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && IS_LABEL.test(text);
}

/** Parses the name of an import or export; `undefined` if it is invalid. */
export function parseExternName(text: string): ParsedName | undefined {
  if (text.length > MAX_NAME_LENGTH) return undefined;
  for (const [kind, form] of FORMS) {
    const match = form.exec(text);
    if (match !== null) return { kind, ...match.groups } as ParsedName;
  }
  return undefined;
}

/**
 * Two names that are not strongly unique have the same key.
 *
 * Source: "strongly-unique" in component-model `Explainer.md`.
 */
export function uniquenessKey(text: string, name: ParsedName): string {
  const lower = text.toLowerCase();
  if (name.kind === 'constructor') return lower;
  if (name.kind !== 'method' && name.kind !== 'static') return lower;
  const plain = lower.slice(name.kind.length + '[]'.length);
  const [resource, func] = plain.split('.');
  return resource === func && resource !== undefined ? resource : plain;
}
