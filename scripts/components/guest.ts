/** A component in `components/`, whatever its language. */
export type Guest = {
  readonly name: string;
  /** The folder of its sources and its wasm, relative to the project. */
  readonly folder: string;
  readonly language: 'rust' | 'javascript';
  /** Whether its sources or its wasm differ from those in its stamp. */
  isStale(): boolean;
  /** Builds and stamps the wasm. Throws with the compiler's output. */
  build(): Promise<void>;
};

/** The path of a guest's wasm: next to its sources, under its own name. */
export const wasmPath = (folder: string, name: string): string => `${folder}/${name}.wasm`;
