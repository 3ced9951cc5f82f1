import { beforeAll, describe, expect, test } from 'vitest';
import { readFacts } from '../harness/facts.ts';
import { answer, ways } from '../harness/matrix.ts';
import { startUpstream } from '../harness/upstream.ts';

/** More than the guest takes by its first reads. */
const BODY = '0123456789'.repeat(7);

const STREAM_FACTS = [
  'check-write -> some',
  'check-write again is the same -> true',
  'write nothing -> ok',
  'blocking-write-and-flush 4096 -> ok',
  'check-write after flush -> some',
  'write-zeroes 4 -> ok',
  'check-write after 4 -> any',
  'flush -> ok',
  'blocking-flush -> ok',
  'blocking-write-zeroes-and-flush 4096 -> ok',
  'subscribe, ready -> true',
  'write-zeroes 8 -> ok',
  'read 0 -> 0 ""',
  'blocking-read 4 -> 4 "0123"',
  'subscribe, ready -> true',
  'read 4 -> 4 "4567"',
  'skip 0 -> 0',
  'skip 4 -> 4',
  'blocking-skip 4 -> 4',
  'splice 0 -> 0',
  'splice 10 -> 10',
  'blocking-splice 10 -> 10',
  'rest -> 34 "6789012345678901234567890123456789"',
  'ended: read -> closed',
  'ended: blocking-read -> closed',
  'ended: skip -> closed',
  'ended: blocking-skip -> closed',
  'ended: splice -> closed',
  'ended: blocking-splice -> closed',
  'ended: ready -> true',
  'check-write after an ended splice -> true',
];

const ONCE_FACTS = [
  'incoming-request.consume -> ok',
  'incoming-request.consume again -> err',
  'incoming-body.stream -> ok',
  'incoming-body.stream again -> err',
  'future-trailers.get -> ok',
  'future-trailers.get again -> err',
  'future-incoming-response.get -> ok',
  'future-incoming-response.get again -> err',
  'incoming-response.consume -> ok',
  'incoming-response.consume again -> err',
  'outgoing-response.body -> ok',
  'outgoing-response.body again -> err',
  'outgoing-body.write -> ok',
  'outgoing-body.write again -> err',
  'outgoing-request.body -> ok',
  'outgoing-request.body again -> err',
];

/** How much a stream takes is the host's to choose; the fact is that it takes some, or even none if a write was not flushed. */
function withoutBudgets(facts: readonly string[]): string[] {
  return facts.map((fact) =>
    fact.replace(/^(check-write after 4) -> \d+$/, '$1 -> any').replace(/^(check-write.*) -> [1-9]\d*$/, '$1 -> some'),
  );
}

describe.each(ways)('streams, $engine $isolation $exchange', (way) => {
  let text: string;
  let facts: string[];

  beforeAll(async () => {
    await using guest = await answer(way, 'streams');
    const response = await guest.send('/', { method: 'POST', body: BODY });
    text = await response.text();
    facts = withoutBudgets(await readFacts(new Response(text)));
  });

  test.each([...new Set(STREAM_FACTS)])('%s', (fact) => {
    expect(facts).toContain(fact);
  });

  test('there is no other fact', () => {
    expect(facts).toEqual(STREAM_FACTS);
  });

  test('what was written, zeroed and spliced arrived in order', () => {
    const written = `${' '.repeat(4096)}${'\0'.repeat(4 + 4096 + 8)}`;
    expect(text.slice(0, text.indexOf('\n---'))).toBe(`${written}${BODY.slice(16, 36)}`);
  });
});

describe.each(ways)('what may be taken once, $engine $isolation $exchange', (way) => {
  let facts: string[];

  beforeAll(async () => {
    await using upstream = await startUpstream((_incoming, outgoing) => void outgoing.end('once'));
    await using guest = await answer(way, 'once');
    facts = await readFacts(await guest.send(`/?url=${upstream.origin}`));
  });

  test.each(ONCE_FACTS)('%s', (fact) => {
    expect(facts).toContain(fact);
  });

  test('there is no other', () => {
    expect(facts).toEqual(ONCE_FACTS);
  });
});

describe.each(ways)('poll, $engine $isolation $exchange', (way) => {
  test.each([
    { kind: 'same', text: 'ready: [0, 1]\n' },
    { kind: 'many', text: '1000 ready\n' },
    { kind: 'ready', text: 'before: false\nafter: true\nagain: true\n' },
    { kind: 'timers', text: 'order: 19 18 17 16 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0\nearly: 0\n' },
  ])('of $kind', async ({ kind, text }) => {
    await using guest = await answer(way, 'poll');
    const response = await guest.send(`/?case=${kind}`);
    expect(await response.text()).toBe(text);
  });

  test('of nothing traps', async () => {
    await using guest = await answer(way, 'poll');
    const response = await guest.send('/?case=empty');
    expect(response.status).toBe(500);
  });
});
