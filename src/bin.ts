#!/usr/bin/env node
// The installed command. An old Node must get as far as the refusal below, hence no static import and no new syntax.

if (canRun()) {
  await import('./main.ts').catch((error) => {
    // Whatever else fails is told by then: these are our own files, which nothing has read yet.
    if (error.code !== 'ERR_ACCESS_DENIED') throw error;
    process.stderr.write(
      `error: Node's --permission mode lacks --allow-fs-read for wasi-serve's own files (${error.resource}): add the folder ` +
        'that has node_modules, as in --allow-fs-read=.\n',
    );
    process.exitCode = 1;
  });
} else {
  process.stderr.write(
    `wasi-serve needs Node 24 or newer, Bun 1.4 or Deno 2.9, and this is Node ${process.version}: install it from https://nodejs.org, ` +
      'or run "npm install wasi-serve node@26" in your project and start it there with "npx wasi-serve".\n',
  );
  process.exitCode = 1;
}

/** What our code is written for: WebAssembly that waits for promises (JSPI), and `using`. */
function canRun(): boolean {
  if (typeof WebAssembly !== 'object' || typeof WebAssembly.Suspending !== 'function') return false;
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- only parsing tells whether a runtime knows the syntax
    return typeof new Function('using nothing = null;') === 'function';
  } catch {
    return false;
  }
}
