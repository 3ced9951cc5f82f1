import { toPrintable, truncate } from '../../util/printable.ts';
import type { WireExchange } from '../wire/exchange.ts';
import type { WireField, WireReply } from '../wire/wire-reply.ts';
import type { Aspect } from './difference.ts';

/**
 * Fields that are not compared: the time, who replied, and how the message and its connection are framed, in which servers are free. The body, and how
 * the connection ends, are compared themselves.
 */
export const IGNORED_FIELDS: readonly string[] = [
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'transfer-encoding',
];

/** What a reply shows, aspect by aspect, as texts that are equal if nothing differs. The keys are `ASPECT` or `ASPECT NAME`. */
export type Findings = ReadonlyMap<string, Finding>;

interface Finding {
  readonly aspect: Aspect;
  readonly name?: string;
  readonly text: string;
}

const ABSENT = '(none)';
const MAX_VALUE = 200;
const MAX_EXCERPT = 40;

/** Everything of an exchange that is compared. */
export function toFindings(exchange: WireExchange, ignored: ReadonlySet<string>): Findings {
  const { replies, interim, end, malformed } = exchange;
  const all: Finding[] = [
    { aspect: 'reply', text: describeReplies(replies, malformed) },
    { aspect: 'status', text: replies.map(({ status }) => status).join(', ') || ABSENT },
    { aspect: 'interim', text: interim.join(', ') || ABSENT },
    ...replies.flatMap((reply, index) => findingsOfReply(reply, index, ignored)),
    { aspect: 'end', text: end },
  ];
  return new Map(
    all.map((finding) => [finding.name === undefined ? finding.aspect : `${finding.aspect} ${finding.name}`, finding]),
  );
}

/** The keys in which two exchanges differ. Replies of different status are different replies: their fields and bodies are not compared. */
export function differingKeys(ours: Findings, theirs: Findings): string[] {
  const keys = Array.from(new Set([...ours.keys(), ...theirs.keys()]));
  const differing = keys.filter((key) => textOf(ours, key) !== textOf(theirs, key));
  const isOther = differing.includes('status') || differing.includes('reply');
  return isOther ? differing.filter((key) => key === 'status' || key === 'reply' || key === 'end') : differing;
}

export function textOf(findings: Findings, key: string): string {
  return findings.get(key)?.text ?? ABSENT;
}

function describeReplies(replies: readonly WireReply[], malformed: string | undefined): string {
  if (malformed !== undefined) return toPrintable(malformed);
  if (replies.length === 0) return ABSENT;
  const broken = replies.some(({ isWhole }) => !isWhole);
  return `${replies.length === 1 ? 'one' : replies.length}${broken ? ', broken off' : ', whole'}`;
}

function findingsOfReply(reply: WireReply, index: number, ignored: ReadonlySet<string>): Finding[] {
  const of = index === 0 ? '' : ` of reply ${index + 1}`;
  return [
    ...group('field', reply.fields, ignored).map((finding) => ({ ...finding, name: `${finding.name}${of}` })),
    ...group('trailer', reply.trailers, new Set()).map((finding) => ({ ...finding, name: `${finding.name}${of}` })),
    { aspect: 'body', ...(of !== '' && { name: of.trim() }), text: reply.body.toString('latin1') },
  ];
}

/** A finding for each name, with its values in order: names of any case are one. */
function group(
  aspect: 'field' | 'trailer',
  fields: readonly WireField[],
  ignored: ReadonlySet<string>,
): (Finding & { readonly name: string })[] {
  const byName = Map.groupBy(fields, ([name]) => name.toLowerCase());
  return Array.from(byName)
    .filter(([name]) => !ignored.has(name))
    .map(([name, same]) => ({
      aspect,
      name: toPrintable(name),
      text: describeValues(same.map(([, value]) => value)),
    }));
}

function describeValues(values: readonly string[]): string {
  const shown = values.map((value) => truncate(JSON.stringify(toPrintable(value)), MAX_VALUE));
  return values.length === 1 ? `${shown[0]}` : `${values.length} times: ${shown.join(', ')}`;
}

/** Two texts of one aspect as a person should see them: of bodies only the part where they differ first. */
export function showPair(
  aspect: Aspect,
  ours: string,
  theirs: string,
): { readonly ours: string; readonly theirs: string } {
  if (aspect !== 'body') return { ours, theirs };
  const length = Math.min(ours.length, theirs.length);
  let at = 0;
  while (at < length && ours[at] === theirs[at]) at += 1;
  const excerpt = (body: string): string => {
    const start = Math.max(0, at - 10);
    const text = JSON.stringify(toPrintable(body.slice(start, at + MAX_EXCERPT)));
    return `${body.length} bytes${body === '' ? '' : `, at ${start}: ${text}`}`;
  };
  return { ours: excerpt(ours), theirs: excerpt(theirs) };
}
