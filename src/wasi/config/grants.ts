/** What a guest is granted of `wasi:config`. Left out: no values. */
export interface ConfigGrants {
  readonly configVars?: ReadonlyMap<string, string>;
}

/** The options that `wasi:config` has. */
export interface ConfigStoreOptions {
  readonly configVars: Readonly<Record<string, string>>;
}

export function grantConfig({ configVars }: ConfigStoreOptions): ConfigGrants {
  return { configVars: new Map(Object.entries(configVars)) };
}
