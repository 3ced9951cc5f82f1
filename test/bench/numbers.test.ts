import { expect, test } from 'vitest';
import { median, percentile, spread } from '../../src/compare/numbers.ts';
import { parseSummary } from '../../scripts/bench/load/wrk.ts';

const thousand = Array.from({ length: 1000 }, (_, index) => index + 1);

test.each([
  [thousand, 50, 500],
  [thousand, 99, 990],
  [thousand, 99.9, 999],
  [thousand, 100, 1000],
  [[7], 99.9, 7],
  [[], 50, Number.NaN],
])('percentile: of %j, %d %% are not above %d', (sorted, percent, expected) => {
  expect(percentile(sorted, percent)).toBe(expected);
});

test('the median of an even number of values is between the two in the middle; the spread is a part of it', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
  expect(spread([90, 100, 110])).toBeCloseTo(0.2);
});

test('what wrk prints becomes a sample: microseconds become milliseconds, faults that did not happen are left out', () => {
  const line =
    '{"replies":3000,"us":2000000,"p50":400,"p99":9900,"p999":12345,"faults":{"not 2xx":2,"connect":0,"read":0,"write":0,"timeout":0}}';
  expect(parseSummary(`Running 2s test\n  3000 requests in 2.00s\n\n${line}\n`)).toEqual({
    perSecond: 1500,
    p50Ms: 0.4,
    p99Ms: 9.9,
    p999Ms: 12.345,
    faults: { 'not 2xx': 2 },
  });
  expect(() => parseSummary('unable to connect')).toThrow('wrk printed no result: unable to connect');
});
