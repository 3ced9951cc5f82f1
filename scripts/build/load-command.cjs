// The first code of the executable: runs the command with the code that V8 compiled when the executable was built. In plain Node, it compiles that code:
// node load-command.cjs COMMAND.js CODE ARGUMENTS runs the command with these arguments, and writes all code that this took when the process ends.
'use strict';
const { readFileSync, writeFileSync } = require('node:fs');
const { getAsset, getRawAsset, isSea } = require('node:sea');
const { Script } = require('node:vm');

if (isSea()) {
  const script = compile(getAsset('command.js', 'utf8'), Buffer.from(getRawAsset('command.code')));
  if (script.cachedDataRejected)
    process.stderr.write('warning: V8 does not accept the compiled code in this executable: it starts late\n');
  script.runInThisContext()(require);
} else {
  const [command, code] = process.argv.splice(2, 2);
  const script = compile(readFileSync(command, 'utf8'));
  process.on('exit', () => writeFileSync(code, script.createCachedData()));
  script.runInThisContext()(require);
}

/** Both must compile the same text in the same way. */
function compile(source, cachedData) {
  return new Script(`(function (require) {${source}\n})`, { filename: 'wasi-serve', cachedData });
}
