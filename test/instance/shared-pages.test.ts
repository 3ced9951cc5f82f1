import { afterAll, describe, expect, test } from 'vitest';
import { captureImage, restoreImage } from '../../src/instance/image.ts';
import { createHost, loadComponent } from '../../src/index.ts';
import { readSource } from '../../src/component/source.ts';
import { type LinkedPre, linkComponent } from '../../src/linker/link.ts';
import type { LinkedInstance } from '../../src/linker/run/linked-instance.ts';
import { WasiCtx } from '../../src/wasi/wasi-ctx.ts';
import { wasiInterfaces } from '../../src/wasi/interfaces.ts';
import { TEST_CACHE, guestFile } from '../harness/guests.ts';

// 9 MiB of data, of which a request writes less than one.
const GUEST = guestFile('js-fetch-event');

const WAYS = [['auto'], ['off']] as const;

type Instance = LinkedInstance<WasiCtx>;

const link = async (sharedPages: 'auto' | 'off'): Promise<LinkedPre<WasiCtx>> =>
  await linkComponent(await readSource(GUEST), wasiInterfaces, { sharedPages });

const make = (pre: LinkedPre<WasiCtx>): Instance => pre.instantiate(new WasiCtx({}));

/** The bytes of the memories, as far as guests are told of them. */
const bytesOf = ({ core }: Instance): Uint8Array[] =>
  core.memories.map((memory) => memory.bytes.subarray(0, memory.reportedBytes));

function expectSame(one: Instance, other: Instance): void {
  const others = bytesOf(other);
  for (const [index, bytes] of bytesOf(one).entries())
    expect(Buffer.compare(bytes, others[index] ?? new Uint8Array())).toBe(0);
}

/** Writes and marks as a guest does, on pages that hold data and on others. */
function scribble({ core }: Instance): void {
  for (const memory of core.memories) {
    for (let at = 0; at + 5000 < memory.reportedBytes; at += 777_777) {
      memory.bytes.fill(0xab, at, at + 5000);
      memory.mark(at, 5000);
    }
  }
}

const [shared, own] = [await link('auto'), await link('off')];
const untouched = make(own);

test('an instance has the same memory, whether it shares pages or not', () => {
  for (const pre of [shared, shared, own]) expectSame(make(pre), untouched);
});

describe.each([
  ['shared', shared],
  ['its own', own],
] as const)('with pages that are %s', (_name, pre) => {
  test('a reset restores data that was written, and others see nothing of it', () => {
    const [kept, other] = [make(pre), make(pre)];
    const image = captureImage(kept, undefined);
    expect(captureImage(other, image)).toBe(image);
    scribble(kept);
    expectSame(other, untouched);
    restoreImage(kept, image);
    expectSame(kept, untouched);
    expectSame(make(pre), untouched);
  });

  test('new core instances on the same memories begin as new ones do', () => {
    const instance = make(pre);
    for (let start = 0; start < 3; start += 1) {
      scribble(instance);
      instance.clear();
      instance.recreate(new WasiCtx({}));
      expectSame(instance, untouched);
    }
  });
});

describe.each(['fresh', 'restart', 'reset'] as const)('%s', (isolation) => {
  const hosts = WAYS.map(async ([sharedPages]) => {
    return createHost(await loadComponent(GUEST, { isolation, sharedPages, cache: TEST_CACHE }));
  });
  afterAll(async () => {
    for (const host of hosts) await (await host)[Symbol.asyncDispose]();
  });

  test('answers the same, again and again', async () => {
    for (const host of hosts) {
      for (let round = 0; round < 4; round += 1) {
        const replies = await Promise.all(
          Array.from({ length: 3 }, async () => await (await host).fetch('http://localhost/')),
        );
        const texts = await Promise.all(replies.map(async (reply) => await reply.text()));
        expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
        expect(new Set(texts).size).toBe(1);
      }
    }
  });
});
