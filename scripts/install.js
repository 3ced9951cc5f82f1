// Installs what package-lock.json lists and node_modules lacks. It runs before every npm script, so it is silent and instant
// if nothing is missing; and it runs with the machine's own Node, so it is plain JavaScript without dependencies.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const projectNode = new URL('node_modules/.bin/node', root);

if (!isInstalled()) {
  process.stderr.write('Installing the packages of package-lock.json (0.7 GB, once) ...\n');
  // Not strict: the machine's Node may be older than the one that package.json requires, and that this installs.
  run('npm', ['ci', '--engine-strict=false', '--no-audit', '--no-fund', '--loglevel=error'], root);
}
if (!existsSync(projectNode)) {
  // The package `node` fetches its binary in an install script, which npm may be configured not to run.
  process.stderr.write('Downloading Node for this project ...\n');
  run(process.execPath, ['installArchSpecificPackage.js'], new URL('node_modules/node/', root));
  run('npm', ['rebuild', 'node', '--ignore-scripts', '--loglevel=error'], root);
}

/** By content, not by time: a checkout touches the lock file without changing it. */
function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  return Object.entries(wanted).every(([path, entry]) => {
    const found = installed[path];
    return found ? found.version === entry.version && found.integrity === entry.integrity : isLeftOut(path, entry);
  });
}

/** The root itself, and packages that npm may omit because this platform cannot use them. */
function isLeftOut(path, entry) {
  return path === '' || entry.optional === true;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(new URL(file, root), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

function run(command, args, cwd) {
  // npm is a script, which Windows can only start through its shell.
  const { status, error } = spawnSync(command, args, {
    cwd: fileURLToPath(cwd),
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  process.stderr.write(
    `${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}\n`,
  );
  process.exit(1);
}
