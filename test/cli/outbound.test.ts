import { describe, expect, test } from 'vitest';
import { createHost } from '../../src/host/create-host.ts';
import { loadComponent } from '../../src/host/load.ts';
import { startUpstream } from '../harness/upstream.ts';
import { guestPath, runWasiServe, servingOn } from './wasi-serve.ts';

const GUEST = guestPath('outbound-get');

async function tryCall(origin: string, url: string): Promise<string> {
  return await (await fetch(`${origin}/?url=${encodeURIComponent(url)}`)).text();
}

describe('--outbound', () => {
  test.each([[[]], [['--workers', '1']]])(
    'is all that a guest may call, and the log tells of the rest: %s',
    async (more) => {
      await using upstream = await startUpstream((_incoming, outgoing) => outgoing.end('from upstream'));
      const { port } = new URL(upstream.origin);
      const patterns = ['--outbound', `http://127.0.0.0/8:${port}`, '--outbound', 'https://api.test'];
      await using serving = await servingOn([GUEST, ...patterns, ...more]);
      await serving.until('stderr', / --outbound http:\/\/127\.0\.0\.0\/8:\d+ --outbound https:\/\/api\.test$/m);
      expect(await tryCall(serving.origin, upstream.origin)).toContain('from upstream');
      expect(await tryCall(serving.origin, `http://localhost:${port}`)).toContain('from upstream');
      expect(await tryCall(serving.origin, 'http://127.0.0.1:1')).toContain('HttpRequestDenied');
      await serving.until('stderr', /^note: outgoing requests denied: guests may not call this target \(--outbound\)/m);
    },
  );

  test('that is not a valid pattern is an error, with exit code 2', async () => {
    const { code, stderr } = await runWasiServe([GUEST, '--outbound', 'https://ok.test', '--outbound', 'api.test']);
    expect(stderr).toMatch(
      /^error: invalid outbound pattern 'api\.test': missing scheme; use scheme:\/\/host\[:port\], where host is [^\n]+\n$/,
    );
    expect(code).toBe(2);
  });
});

describe('`outbound` of `createHost`', () => {
  test('is the same; an empty one lets nothing through', async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => outgoing.end('from upstream'));
    const component = await loadComponent(GUEST);
    for (const [outbound, expected] of [
      [undefined, 'from upstream'],
      [['*'], 'from upstream'],
      [[], 'HttpRequestDenied'],
    ] as const) {
      await using host = createHost(component, { outbound });
      const reply = await host.fetch(new Request(`http://localhost/?url=${encodeURIComponent(upstream.origin)}`));
      expect(await reply.text()).toContain(expected);
    }
  });

  test('that is not a pattern throws', async () => {
    const component = await loadComponent(GUEST);
    expect(() => createHost(component, { outbound: ['ftp://a'] })).toThrow(/outbound pattern 'ftp:\/\/a'/);
  });
});
