import { describe, expect, test } from 'vitest';
import { collectGarbage } from '../../src/util/collect.ts';
import { type Holding, SharedQuota } from '../../src/util/shared-quota.ts';
import { until } from '../harness/until.ts';

/** Owners that live until they are released. */
class Owners {
  readonly #all: object[] = [];

  /** Gives what a new one holds, if that is `amount`. */
  hold(quota: SharedQuota, amount: number): Holding | undefined {
    const owner = {};
    this.#all.push(owner);
    const holding = quota.hold(owner);
    return quota.resize(holding, amount) ? holding : undefined;
  }

  /** Says whether there were any. */
  release(): boolean {
    return this.#all.splice(0).length > 0;
  }
}

describe('a shared quota', () => {
  test('is held by many until it is used up', () => {
    const [quota, owners] = [new SharedQuota(10), new Owners()];
    const first = owners.hold(quota, 4) as Holding;
    expect(owners.hold(quota, 7)).toBeUndefined();
    expect(owners.hold(quota, 3)).toBeDefined();
    expect(quota.resize(first, 7)).toBe(true);
    expect(quota.resize(first, 8)).toBe(false);
    expect(quota.sum).toBe(10);
    expect(quota.resize(first, 1)).toBe(true);
    expect(quota.sum).toBe(4);
  });

  test('has what garbage held', async () => {
    const [quota, owners] = [new SharedQuota(10), new Owners()];
    owners.hold(quota, 4);
    owners.release();
    await until(() => {
      collectGarbage('sync');
      return quota.sum === 0;
    });
  });

  test('releases what is not needed if it runs short, and can use that immediately', async () => {
    const [quota, owners, spares] = [new SharedQuota(10), new Owners(), new Owners()];
    const unsubscribe = quota.onLowMemory(() => spares.release());
    for (let round = 0; round < 3; round += 1) {
      for (let spare = 0; spare < 5; spare += 1) spares.hold(quota, 1);
      await nextTurn();
      expect(owners.hold(quota, 6)).toBeDefined();
      expect(quota.sum).toBe(6);
      owners.release();
      await nextTurn();
      collectGarbage('sync');
      await until(() => quota.sum === 0);
    }
    unsubscribe();
    spares.hold(quota, 5);
    await nextTurn();
    expect(owners.hold(quota, 9)).toBeUndefined();
  });

  test('soon gets back what left owners held, if it is much, even if nobody asks for it', async () => {
    const [quota, owners] = [new SharedQuota(1e9), new Owners()];
    const kept = owners.hold(quota, 1e6) as Holding;
    const others = new Owners();
    const left = Array.from({ length: 10 }, () => others.hold(quota, 7e6) as Holding);
    others.release();
    for (const holding of [...left, ...left]) quota.leave(holding);
    await until(() => quota.sum === 1e6);
    expect(quota.resize(kept, 2e6)).toBe(true);
    expect(quota.sum).toBe(2e6);
    owners.release();
  });

  test('reports each refusal', () => {
    const [quota, owners] = [new SharedQuota(10), new Owners()];
    let refusals = 0;
    const stopTelling = quota.onRefused(() => (refusals += 1));
    owners.hold(quota, 11);
    quota.resize(owners.hold(quota, 10) as Holding, 11);
    expect(refusals).toBe(2);
    stopTelling();
    owners.hold(quota, 1);
    expect(refusals).toBe(2);
  });
});

/** References that were made in a turn are kept until its end. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
