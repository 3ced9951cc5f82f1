import { basename } from 'node:path';

/** What a reader of a guide does, in order. */
export type Step =
  | { readonly do: 'write'; readonly file: string; readonly text: string }
  | { readonly do: 'run'; readonly command: string }
  /** `npx wasi-serve FILE`, or the same without npx, which goes on until the guide's end, or until another serves. */
  | { readonly do: 'serve'; readonly command: string }
  /** The output of the command before it. */
  | { readonly do: 'expect'; readonly output: string };

const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm;
const SERVES = /^(?:npx wasi-serve (?!inspect\b|run\b)|node .*\bbin\.js ).*\.wasm\b/;

/**
 * The steps of a page of Markdown: a `sh` fence is run line by line, a fence whose paragraph ends with a file's name in backticks and a
 * colon is written to that file, and a `text` fence is what the command before it prints. Other fences are only read.
 *
 * @example toSteps('`a.js`:\n\n```js\n1;\n```\n') // [{ do: 'write', file: 'a.js', text: '1;\n' }]
 */
export function toSteps(page: string): Step[] {
  const steps: Step[] = [];
  for (const { 1: language = '', 2: text = '', index } of page.matchAll(FENCE)) {
    const [, file] = /`([\w./-]+)`:\n\n$/.exec(page.slice(0, index)) ?? [];
    if (language === 'sh') steps.push(...toCommands(text));
    else if (language === 'text') steps.push({ do: 'expect', output: text });
    else if (file !== undefined) steps.push({ do: 'write', file, text });
  }
  return steps;
}

function toCommands(text: string): Step[] {
  const lines = text.replaceAll('\\\n', ' ').split('\n');
  const commands = lines
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return commands.map((command) => ({ do: SERVES.test(command) ? 'serve' : 'run', command }));
}

/** What a guide is called in a test's name. */
export const titleOf = (file: string): string => basename(file, '.md');
