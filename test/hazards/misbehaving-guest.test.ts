import { describe, expect, onTestFinished, test } from 'vitest';
import { connectRaw, rawGet, requestRaw } from '../harness/raw-client.ts';
import { failuresOf, serveGuest, untilAnswered } from '../harness/serve-guest.ts';
import { leftovers, untilNothingIsLeft } from '../harness/leftovers.ts';
import { outcomeOf } from '../harness/outcome.ts';
import { until } from '../harness/until.ts';

/** How many instances of each misbehave concurrently. */
const CROWD = 50;

const NEVER_SET = 'guest never invoked `response-outparam::set` method';

interface Misbehaviour {
  readonly guest: string;
  readonly path: string;
  /** The status of the reply, or that it was broken off. */
  readonly outcome: 500 | 504 | 'reset';
  /** What the log says, in order. */
  readonly log: readonly RegExp[];
}

const never = new RegExp(`^${NEVER_SET}$`);

const misbehaviours: readonly Misbehaviour[] = [
  { guest: 'never-set', path: '/', outcome: 500, log: [never] },
  { guest: 'drop-outparam', path: '/', outcome: 500, log: [never] },
  { guest: 'trap-before', path: '/', outcome: 500, log: [/^guest never invoked .*: the guest trapped: .*unreachable/] },
  {
    guest: 'exit',
    path: '/',
    outcome: 500,
    log: [/^guest never invoked .*: the guest trapped: the guest called exit\(err\)$/],
  },
  {
    guest: 'poll',
    path: '/?case=empty',
    outcome: 500,
    log: [/^guest never invoked .*: the guest trapped: .*the list of pollables is empty$/],
  },
  { guest: 'set-error', path: '/?code=DNS-timeout', outcome: 504, log: [/error DNS-timeout$/] },
  {
    guest: 'trap-after',
    path: '/?ms=1',
    outcome: 'reset',
    log: [/broken off: .*unreachable/, /trapped: .*unreachable/],
  },
  {
    guest: 'drop-body',
    path: '/',
    outcome: 'reset',
    log: [/broken off: the guest dropped its outgoing-body without finish$/],
  },
  {
    guest: 'streams',
    path: '/?trap=over-budget',
    outcome: 'reset',
    log: [/broken off: .*check-write permits/, /trapped: .*check-write permits/],
  },
  {
    guest: 'streams',
    path: '/?trap=child',
    outcome: 'reset',
    log: [/broken off: .*dropped while 1 of its children live/, /trapped: .*dropped while 1 of its children live/],
  },
];

describe.each(misbehaviours)('$guest $path', ({ guest, path, outcome, log }) => {
  test(`is ${outcome} for its client, and a line in the log`, async () => {
    await using served = await serveGuest(guest);
    const start = leftovers(served.host);
    expect(await outcomeOf(requestRaw(served.origin, rawGet(path)))).toBe(outcome);
    await until(() => served.host.inFlight === 0);
    const failures = failuresOf(served);
    expect(failures).toHaveLength(log.length);
    for (const [index, line] of log.entries()) expect(failures[index]).toMatch(line);
    expect((await untilAnswered(served)).end).toBe(outcome === 'reset' ? 'aborted' : 'complete');
    await untilNothingIsLeft(served.host, start);
  });

  test('harms neither the next request nor concurrent ones', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    await using served = await serveGuest(guest);
    await using good = await serveGuest('hello');
    const start = leftovers(served.host);

    const bad = Array.from({ length: CROWD }, () => outcomeOf(requestRaw(served.origin, rawGet(path))));
    const beside = Array.from({ length: CROWD }, () => requestRaw(good.origin, rawGet('/')));
    for (const { body } of await Promise.all(beside)) expect(body).toBe('Hello from wasi-serve!\n');
    expect(new Set(await Promise.all(bad))).toEqual(new Set([outcome]));
    await untilNothingIsLeft(served.host, start);
    expect(unhandled).toEqual([]);
  });
});

test('a connection on which a guest failed before its head serves the next request', async () => {
  await using served = await serveGuest('poll');
  await using client = await connectRaw(served.origin);
  for (const [path, status] of [
    ['/?case=empty', 500],
    ['/?case=ready', 200],
    ['/?case=empty', 500],
    ['/?case=timers', 200],
  ] as const) {
    await client.send(rawGet(path));
    expect(await client.readReply()).toMatchObject({ status, ending: 'framed' });
  }
});
