/** One component in `components/`, whatever it is written in. */
export type Guest = {
  readonly name: string;
  /** Where its sources are and its wasm goes, relative to the project. */
  readonly folder: string;
  readonly language: 'rust' | 'javascript';
  /** Whether its sources or its wasm differ from what the stamp was made of. */
  isStale(): boolean;
  /** Makes the wasm and stamps it. Throws with the compiler's output. */
  build(): Promise<void>;
};

/** Where a guest's wasm is: beside its sources, under its own name. */
export const wasmPath = (folder: string, name: string): string => `${folder}/${name}.wasm`;
