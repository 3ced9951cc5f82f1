import { availableParallelism } from 'node:os';
import { type Result, err, ok } from '../../util/result.ts';
import { type OptionKind, checkWhole, scalar } from './option-kind.ts';

/** Whole numbers from `min`. */
export function countKind(min: number): OptionKind<number> {
  return scalar({
    name: 'count',
    placeholder: '<n>',
    type: 'a whole number',
    parse: (text) => parseCount(text, min),
    check: (value) => checkWhole(value, { min, unit: '' }),
    format: String,
  });
}

/** Numbers of processes, of which `auto` or `max` is as many as run at the same time here. */
export function workersKind(): OptionKind<number> {
  return scalar({
    name: 'count',
    placeholder: '<n>',
    type: 'a whole number',
    parse: (text) => {
      if (text === 'auto' || text === 'max') return ok(availableParallelism());
      return /^[1-9]\d{0,3}$/.test(text) ? ok(Number(text)) : err('write a whole number from 1 to 9999, or auto');
    },
    check: (value) => checkWhole(value, { min: 1, max: 9999, unit: '' }),
    format: String,
  });
}

function parseCount(text: string, min: number): Result<number, string> {
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= min) return ok(count);
  return err(`write a whole number from ${min}`);
}
