#!/usr/bin/env node
// The installed command. An old Node must get as far as the error message below, so there are no static imports and no new syntax.

if (canRun()) {
  await import('./main.ts').catch((error) => {
    // All other errors are reported elsewhere: this one is about our own files, which have not been read yet.
    if (error.code !== 'ERR_ACCESS_DENIED') throw error;
    process.stderr.write(
      `error: Node's --permission mode lacks --allow-fs-read for wasi-serve's own files (${error.resource}): add the folder ` +
        'that contains node_modules, for example --allow-fs-read=.\n',
    );
    process.exitCode = 1;
  });
} else {
  process.stderr.write(
    `wasi-serve requires Node 24 or newer, Bun 1.4 or Deno 2.9, but this is Node ${process.version}: install it from https://nodejs.org, ` +
      'or run "npm install wasi-serve node@26" in your project and start it there with "npx wasi-serve".\n',
  );
  process.exitCode = 1;
}

/** Whether the runtime has what our code needs: WebAssembly that can wait for promises (JSPI), and `using`. */
function canRun(): boolean {
  if (typeof WebAssembly !== 'object' || typeof WebAssembly.Suspending !== 'function') return false;
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- only parsing tells whether a runtime knows the syntax
    return typeof new Function('using nothing = null;') === 'function';
  } catch {
    return false;
  }
}
