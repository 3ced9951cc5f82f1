import { toCurl } from '../requests/curl.ts';
import type { Probe } from '../requests/probe.ts';
import { quoteWord } from '../requests/split-words.ts';
import { type Endpoint, type WireExchange, type Patience, exchange } from '../wire/exchange.ts';
import { type Findings, IGNORED_FIELDS, differingKeys, showPair, textOf, toFindings } from './to-findings.ts';
import type { Difference, ProbeResult } from './difference.ts';
import { findKnown } from './find-known.ts';

/** What is compared, and how closely. */
export interface ProbeRun {
  readonly ours: Endpoint;
  readonly theirs: Endpoint;
  /** Sent after a client that leaves, to see who still answers. */
  readonly plain: Probe;
  /** Names of fields that are not compared, besides `IGNORED_FIELDS`. */
  readonly ignored: readonly string[];
  /** Whether the other server is wasmtime, from which some differences are meant. */
  readonly isWasmtime: boolean;
  readonly replyMs: number;
  /** Aborted when the run is to stop. */
  readonly signal: AbortSignal;
}

/** For a server to close a connection that it does not keep. */
const SETTLE_MS = 25;
/** Where something differs, it is looked at again so many times, with more patience. */
const MORE_LOOKS = 2;
const SETTLE_AGAIN_MS = 400;

/** A first byte that comes later by this ratio and this time is a difference. */
const LATE_RATIO = 5;
const LATE_MS = 150;

type Asked = readonly [ours: WireExchange, theirs: WireExchange];

interface Look {
  readonly ours: Findings;
  readonly theirs: Findings;
  readonly asked: Asked;
}

/** Sends a probe to both servers. If the replies differ, twice more: what differs each time, and is not new each time, is a difference. */
export async function runProbe(run: ProbeRun, probe: Probe): Promise<ProbeResult> {
  const ignored = new Set([...IGNORED_FIELDS, ...run.ignored.map((name) => name.toLowerCase())]);
  const look = async (settleMs: number): Promise<Look> => {
    run.signal.throwIfAborted();
    const asked = await askBoth(run, probe, { replyMs: run.replyMs, settleMs });
    return { ours: toFindings(asked[0], ignored), theirs: toFindings(asked[1], ignored), asked };
  };
  const looks = [await look(SETTLE_MS)];
  while (looks.length <= MORE_LOOKS && looks.every(isSuspicious)) looks.push(await look(SETTLE_AGAIN_MS));
  const found = looks.every(isSuspicious) ? judge(looks, run, probe) : { differences: [], varying: [] };
  return { group: probe.group, name: probe.name, repeat: toCommand(probe), ...found };
}

function isSuspicious({ ours, theirs, asked }: Look): boolean {
  return differingKeys(ours, theirs).length > 0 || isLate(asked);
}

async function askBoth(run: ProbeRun, probe: Probe, patience: Patience): Promise<Asked> {
  return [await ask(run, run.ours, probe, patience), await ask(run, run.theirs, probe, patience)];
}

async function ask(run: ProbeRun, endpoint: Endpoint, probe: Probe, patience: Patience): Promise<WireExchange> {
  const own = await exchangeOrRefused(endpoint, probe, patience);
  return probe.ending === 'reset' ? await exchangeOrRefused(endpoint, run.plain, patience) : own;
}

/** A server that has stopped listening has a result too: that is what a probe may have done to it. */
async function exchangeOrRefused(endpoint: Endpoint, probe: Probe, patience: Patience): Promise<WireExchange> {
  try {
    return await exchange(endpoint, probe, patience);
  } catch {
    const malformed = 'the connection was refused';
    return { replies: [], interim: [], end: 'reset', firstByteMs: undefined, malformed };
  }
}

function judge(looks: readonly Look[], run: ProbeRun, probe: Probe): Pick<ProbeResult, 'differences' | 'varying'> {
  const [first] = looks;
  if (first === undefined) return { differences: [], varying: [] };
  const keys = differingKeys(first.ours, first.theirs).filter((key) =>
    looks.every(({ ours, theirs }) => differingKeys(ours, theirs).includes(key)),
  );
  const varying = keys.filter((key) => isVarying(looks, 'ours', key) && isVarying(looks, 'theirs', key));
  const differences = keys.filter((key) => !varying.includes(key)).map((key) => toDifference(first, key));
  const late = differences.length === 0 && looks.every(({ asked }) => isLate(asked)) ? [toLateness(first.asked)] : [];
  const [ours, theirs] = first.asked;
  const explain = (one: Difference): Difference => (run.isWasmtime ? findKnown(one, { probe, ours, theirs }) : one);
  return { differences: [...differences, ...late].map(explain), varying };
}

function isVarying(looks: readonly Look[], side: 'ours' | 'theirs', key: string): boolean {
  return new Set(looks.map((look) => textOf(look[side], key))).size > 1;
}

function toDifference({ ours, theirs }: Look, key: string): Difference {
  const finding = ours.get(key) ?? theirs.get(key);
  const aspect = finding?.aspect ?? 'reply';
  const named = finding?.name === undefined ? {} : { name: finding.name };
  return { aspect, ...named, ...showPair(aspect, textOf(ours, key), textOf(theirs, key)) };
}

function isLate([ours, theirs]: Asked): boolean {
  const times = [ours.firstByteMs ?? 0, theirs.firstByteMs ?? 0];
  const [least, most] = [Math.min(...times), Math.max(...times)];
  return least > 0 && most - least > LATE_MS && most > least * LATE_RATIO;
}

function toLateness([ours, theirs]: Asked): Difference {
  return { aspect: 'first byte', ours: formatDelay(ours), theirs: formatDelay(theirs) };
}

function formatDelay({ firstByteMs = 0 }: WireExchange): string {
  return `after ${firstByteMs.toFixed(0)} ms`;
}

/** Where both servers listen by default. */
const USUAL = 'http://127.0.0.1:8080';
const MAX_COMMAND = 4000;

/** How to send the probe by hand: with curl if it can, else with printf and nc. */
function toCommand(probe: Probe): string {
  const curl = probe.plain === undefined ? undefined : toCurl(USUAL, probe.plain);
  if (curl !== undefined) return curl;
  const text = Buffer.concat(probe.parts).toString('latin1');
  if (text.length > MAX_COMMAND) return `(${text.length} bytes, beginning with ${quoteWord(text.slice(0, 200))})`;
  return `printf %b '${escapeForPrintf(text)}' | nc -q 1 127.0.0.1 8080`;
}

/** With escapes that `%b` of any printf knows. */
function escapeForPrintf(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]|[\\']/g, (char) => {
    if (char === '\r') return String.raw`\r`;
    if (char === '\n') return String.raw`\n`;
    return `\\0${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  });
}
