import { inspect } from 'node:util';
import { HostError } from '../../util/host-error.ts';
import { type Result, err, ok } from '../../util/result.ts';

/** How the values of an option are written, checked and shown. */
export interface OptionKind<T> {
  readonly name: string;
  /** What follows the flag in the help: `<size>`. Empty for a switch, which nothing follows. */
  readonly placeholder: string;
  /** Whether the option may be given several times, each of which counts; else the last counts. */
  readonly isList: boolean;
  /** What a value is in JavaScript: `a number of bytes`. */
  readonly type: string;
  /** The value that texts say, of which there is at least one; or what to write instead. Throws `HostError` if a text asks for what is not there. */
  parse(texts: readonly string[], env: NodeJS.ProcessEnv): Result<T, string>;
  /** What the user should know of texts that are valid. */
  note?(texts: readonly string[], env: NodeJS.ProcessEnv): string | undefined;
  /** What to give instead of a value of JavaScript's that is wrong; `undefined` if it is right. */
  check(value: unknown): string | undefined;
  /** The value as `parse` reads it. */
  format(value: T): string;
}

/** The parts of a kind of which only the last text counts. */
export interface ScalarKind<T> extends Omit<OptionKind<T>, 'isList' | 'parse'> {
  parse(text: string): Result<T, string>;
}

export function scalar<T>(kind: ScalarKind<T>): OptionKind<T> {
  return { ...kind, isList: false, parse: (texts) => kind.parse(texts.at(-1) ?? '') };
}

/** The error for a value that an option does not take: what was given, and what to give instead. */
export function invalid(name: string, value: unknown, advice: string): HostError {
  return new HostError('bad-argument', `invalid ${name} ${show(value)}: ${advice}`);
}

/** A value as one short line. */
function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : inspect(value, { depth: 0, breakLength: Infinity });
}

/** Whole numbers within bounds, with what is said of others. `unit` completes "a whole number ...". */
export function checkWhole(
  value: unknown,
  { min, max = Number.MAX_SAFE_INTEGER, unit, zero }: Whole,
): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return undefined;
  const upTo = max < Number.MAX_SAFE_INTEGER ? ` to ${max}` : '';
  return `give a whole number${unit === '' ? '' : ` of ${unit}`} from ${min}${upTo}${explainZero(zero)}`;
}

/** Bounds of a whole number. */
export interface Whole {
  readonly min: number;
  readonly max?: number;
  /** `bytes`; empty for a mere count. */
  readonly unit: string;
  /** What 0 means, if it is not a small number but something else: `no limit`. */
  readonly zero?: string | undefined;
}

/** `, 0 for no limit`. */
export function explainZero(zero: string | undefined): string {
  return zero === undefined ? '' : `, 0 for ${zero}`;
}

/** `value` if it is within `min`, else what to write. */
export function atLeast(value: number, min: number, least: string): Result<number, string> {
  return value >= min ? ok(value) : err(`write at least ${least}`);
}
