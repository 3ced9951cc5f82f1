import { expect, test } from 'vitest';
import { LOAD_WAYS } from '../harness/guests.ts';
import { requestRaw } from '../harness/raw-client.ts';
import { startAttacker } from './run-attack.ts';

const ATTACK = { file: 'streams', name: 'forbidden-trailers', outcome: 200 } as const;

test.each(LOAD_WAYS)(
  'trailers that would frame or describe their message are not sent ($engine $isolation)',
  async (way) => {
    await using attacker = await startAttacker(ATTACK, { way });
    const { origin, request } = attacker.target;
    expect(await requestRaw(origin, request)).toMatchObject({ trailerLines: ['x-good: 9'], ending: 'framed' });
  },
);
