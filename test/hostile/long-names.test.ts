import { describe, expect, test } from 'vitest';
import { loadComponent } from '../../src/host/load.ts';
import { rawGet, requestRaw } from '../harness/raw-client.ts';
import { serveGuest } from '../harness/serve-guest.ts';
import { assembleFields } from './assemble.ts';

/** Names of functions, which V8 writes into each backtrace. */
const NAME = 'n'.repeat(1_000_000);

describe.each([
  ['linker', 'reset'],
  ['linker', 'fresh'],
  ['jco', 'fresh'],
] as const)('%s %s', (engine, isolation) => {
  test('a backtrace has the beginning of a name, however long that is', async () => {
    const bytes = await assembleFields(`(func $${NAME} (unreachable))
      (func $attack (param $request i32) (param $out i32) (call $${NAME}))`);
    await using served = await serveGuest(await loadComponent(bytes, { engine, isolation, cache: false }));
    expect((await requestRaw(served.origin, rawGet('/'))).status).toBe(500);
    const event = await served.events.until((each) => each.at === 'request-failed' && each.trace !== undefined);
    const { trace = '' } = event as { trace?: string };
    // Under vitest, frames of jco's glue hold all its source.
    const frames = trace.split('\n').filter((line) => !line.includes('data:text/javascript'));
    expect(frames.join('\n')).toMatch(/at \S*n{200}/);
    expect(frames.join('\n').length).toBeLessThan(10_000);
  });
});
