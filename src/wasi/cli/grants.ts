import type { ByteSink } from '../../io/byte-sink.ts';
import type { ByteSource } from '../../io/byte-source.ts';

/** What a guest is granted of `wasi:cli`. Left out: no variables, no arguments, no input, and output that goes nowhere. */
export interface CliGrants {
  readonly env?: readonly (readonly [name: string, value: string])[];
  readonly args?: readonly string[];
  readonly initialCwd?: string | undefined;
  readonly stdin?: ByteSource;
  /** Take the bytes that the guest writes as they are, instead of `writeOutput`. */
  readonly stdout?: ByteSink;
  readonly stderr?: ByteSink;
  /** Which of the three are a terminal. */
  readonly terminals?: ReadonlySet<'stdin' | 'stdout' | 'stderr'>;
  /** Takes what the guest writes, one or more whole lines in one call. */
  readonly writeOutput?: (stream: 'stdout' | 'stderr', lines: string) => void;
  /** Whether each line says which request wrote it. Default `shown`. */
  readonly loggingPrefix?: 'shown' | 'hidden';
}

/** The options that `wasi:cli` has. */
export interface CliOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly initialCwd: string | undefined;
  readonly loggingPrefix: 'shown' | 'hidden';
  readonly writeGuestOutput: (stream: 'stdout' | 'stderr', lines: string) => void;
}

export function grantCli({ env, initialCwd, loggingPrefix, writeGuestOutput }: CliOptions): CliGrants {
  return { env: Object.entries(env), initialCwd, loggingPrefix, writeOutput: writeGuestOutput };
}
