// Draws a CPU profile of a server (`.cpuprofile` of node --cpu-prof) as a flame graph, which needs no script to be read:
//   node scripts/bench/inside/flame.ts FILE [SKIP_SECONDS] >flame.svg
// What was sampled in the first seconds, while V8 optimised, is left out; idle time too. A frame is as wide as the time in it and in what it called.
import { readFileSync } from 'node:fs';

const WIDTH = 1200;
const ROW = 15;
const LETTER = 6.2;
/** Frames that are narrower than this many pixels are left out, with what they called. */
const MIN_WIDTH = 1;

/** The parts of a profile that are read. Source: Chrome DevTools Protocol, `Profiler.Profile`. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: CallFrame;
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
}

interface Frame {
  readonly name: string;
  readonly kind: keyof typeof COLOURS;
  us: number;
  readonly callees: Map<string, Frame>;
}

const COLOURS = { node: '#c9ccd1', ours: '#8fb8de', guest: '#f2b26b', v8: '#d98c8c' } as const;

const [file = '', skip = '10'] = process.argv.slice(2);
const root = addUp(JSON.parse(readFileSync(file, 'utf8')) as Profile, Number(skip) * 1e6);
console.log(toSvg(root));

/** All samples, by their stacks. */
function addUp({ nodes, samples, timeDeltas }: Profile, skipUs: number): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const all: Frame = { name: 'all', kind: 'node', us: 0, callees: new Map() };
  let passedUs = 0;
  for (const [index, sample] of samples.entries()) {
    const us = timeDeltas[index] ?? 0;
    passedUs += us;
    const stack = stackOf(sample, (id) => byId.get(id)?.callFrame, parents);
    if (passedUs < skipUs || stack[0]?.functionName === '(idle)') continue;
    all.us += us;
    let frame = all;
    for (const call of stack) {
      const name = call.functionName === '' ? '(anonymous)' : call.functionName;
      const callee = frame.callees.get(name) ?? { name, kind: kindOf(call), us: 0, callees: new Map() };
      frame.callees.set(name, callee);
      callee.us += us;
      frame = callee;
    }
  }
  return all;
}

/** From the outermost call to the one that ran. */
function stackOf(
  id: number,
  frameOf: (id: number) => CallFrame | undefined,
  parents: Map<number, number>,
): CallFrame[] {
  const stack: CallFrame[] = [];
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const frame = frameOf(at);
    if (frame !== undefined && frame.functionName !== '(root)') stack.unshift(frame);
  }
  return stack;
}

function kindOf({ functionName, url }: CallFrame): Frame['kind'] {
  if (url.startsWith('wasm:') || /^(?:wasm-|js-to-wasm)/.test(functionName)) return 'guest';
  if (functionName.startsWith('(')) return 'v8';
  return url.startsWith('file:') || url.startsWith('wasi-serve:') ? 'ours' : 'node';
}

function toSvg(all: Frame): string {
  const boxes: string[] = [];
  let depth = 0;
  const draw = (frame: Frame, x: number, level: number): void => {
    const width = (frame.us / all.us) * WIDTH;
    if (width < MIN_WIDTH) return;
    depth = Math.max(depth, level + 1);
    boxes.push(toBox(frame, { x, level, width, percent: (100 * frame.us) / all.us }));
    let at = x;
    for (const callee of [...frame.callees.values()].toSorted((a, b) => b.us - a.us)) {
      draw(callee, at, level + 1);
      at += (callee.us / all.us) * WIDTH;
    }
  };
  draw(all, 0, 0);
  const legend = Object.entries(COLOURS).map(([kind, colour], index) => {
    return `<rect x="${index * 90}" y="4" width="10" height="10" fill="${colour}"/><text x="${index * 90 + 14}" y="13">${kind}</text>`;
  });
  const height = (depth + 2) * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="10">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    ...legend,
    `<g transform="translate(0 ${ROW * 1.5})">`,
    ...boxes,
    '</g></svg>',
  ].join('\n');
}

interface Place {
  readonly x: number;
  readonly level: number;
  readonly width: number;
  readonly percent: number;
}

function toBox({ name, kind }: Frame, { x, level, width, percent }: Place): string {
  const y = level * ROW;
  const letters = Math.floor((width - 4) / LETTER);
  const label =
    letters < 3 ? '' : `<text x="${(x + 2).toFixed(1)}" y="${y + 11}">${escapeXml(name.slice(0, letters))}</text>`;
  const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${(width - 0.3).toFixed(1)}" height="${ROW - 1}" fill="${COLOURS[kind]}"/>`;
  return `<g><title>${escapeXml(name)}, ${percent.toFixed(1)} %</title>${box}${label}</g>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
