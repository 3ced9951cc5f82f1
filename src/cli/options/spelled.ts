import type { NamedOption } from '../../config/named-option.ts';

/** An option as given, with the spelling that was used: `--max-head`, `-W timeout`, `WASI_SERVE_TIMEOUT`. */
export interface Spelled {
  readonly named: NamedOption;
  readonly where: string;
  readonly texts: readonly string[];
}
