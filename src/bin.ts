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
  await import('./main.ts');
}
