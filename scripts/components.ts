// Builds the guests in components/.
//   npm run components                   those whose stamp differs from their sources or their wasm
//   npm run components -- NAME...        these, stale or not
//   npm run components -- --all          every one
//   npm run components -- --check        builds nothing; exit 1 if a committed one is stale
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Guest, wasmPath } from './components/guest.ts';
import { listJavaScriptGuests } from './components/javascript.ts';
import { listRustGuests } from './components/rust.ts';

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false }, check: { type: 'boolean', default: false } },
});

process.chdir(`${import.meta.dirname}/..`);
const committed = listRustGuests();
const guests = [...committed, ...listJavaScriptGuests()];
process.exitCode = flags.check
  ? check(selectGuests().filter((guest) => committed.includes(guest)))
  : await build(selectGuests());

/** The named guests, or all, or the stale ones, as requested. */
function selectGuests(): Guest[] {
  const unknown = names.filter((name) => !guests.some((guest) => guest.name === name));
  if (unknown.length > 0) throw new Error(`unknown guest in components/: ${unknown.join(', ')}`);
  if (names.length > 0) return guests.filter((guest) => names.includes(guest.name));
  return flags.all ? guests : guests.filter((guest) => guest.isStale());
}

function check(selected: readonly Guest[]): number {
  const stale = selected.filter((guest) => guest.isStale());
  for (const { name, folder } of stale)
    console.error(`stale: ${wasmPath(folder, name)} does not match its stamp in components/stamps.json`);
  if (stale.length > 0) console.error('run `npm run components` and commit the wasm files with components/stamps.json');
  return stale.length > 0 ? 1 : 0;
}

/** Builds one after the other, so that a failure is printed last; the others are still built. */
async function build(selected: readonly Guest[]): Promise<number> {
  let failed = 0;
  for (const [index, guest] of selected.entries()) {
    failed += await buildOne(guest, `[${index + 1}/${selected.length}]`);
  }
  console.log(`components: ${guests.length} guests, ${selected.length - failed} built, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

async function buildOne(guest: Guest, progress: string): Promise<0 | 1> {
  const start = performance.now();
  try {
    await guest.build();
  } catch (error) {
    console.error(
      `${progress} ${guest.language} ${guest.name} failed: ${error instanceof Error ? error.message : error}`,
    );
    return 1;
  }
  const kB = (statSync(wasmPath(guest.folder, guest.name)).size / 1000).toFixed(1);
  console.log(
    `${progress} ${guest.language} ${guest.name}: ${kB} kB in ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  return 0;
}
