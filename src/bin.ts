#!/usr/bin/env node
// The installed command. An old Node must get as far as the refusal below, hence no static import and no new syntax.

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 26 || (major === 26 && minor < 10) || typeof WebAssembly.Suspending !== 'function') {
  process.stderr.write(
    `wasi-serve needs Node 26.10 or newer, and this is ${process.version}: install it from https://nodejs.org, ` +
      'or run "npm install wasi-serve node@26" in your project and start it there with "npx wasi-serve".\n',
  );
  process.exitCode = 1;
} else {
  await import('./main.ts').catch((error) => {
    // Whatever else fails is told by then: these are our own files, which nothing has read yet.
    if (error.code !== 'ERR_ACCESS_DENIED') throw error;
    process.stderr.write(
      `error: Node's --permission is without --allow-fs-read for wasi-serve's own files (${error.resource}): add the folder ` +
        'that has node_modules, as in --allow-fs-read=.\n',
    );
    process.exitCode = 1;
  });
}
