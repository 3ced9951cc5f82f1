/** Compiles each core module once. Shape: name to module; the modules are shared by all instances. */
export async function compileModules(
  binaries: Iterable<readonly [name: string, bytes: Uint8Array]>,
): Promise<ReadonlyMap<string, WebAssembly.Module>> {
  const compiled = Array.from(binaries, async ([name, bytes]) => {
    return [name, await WebAssembly.compile(bytes as BufferSource)] as const;
  });
  return new Map(await Promise.all(compiled));
}
