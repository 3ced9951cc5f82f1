import type { SharedFunction } from '../../abi/canon.ts';
import { INTERRUPT_TYPE } from '../../rewriter/emit/host-functions.ts';
import { createBridge } from './bridge.ts';
import type { Mortal } from './guarded.ts';
import type { Decision } from '../preemption.ts';

/** An instance that can be asked what is to become of its guest. */
export interface Interruptible extends Mortal {
  /** Says whether the guest goes on, traps, or is to call `pause`. */
  interrupt(): Decision;
  /** Suspends the guest; resolves with what becomes of it then. */
  pause(): Promise<Decision>;
}

/**
 * A module that asks `interrupt` of the instance that calls, then `pause` if it is to.
 *
 * Two functions, because V8 refuses a call of one that suspends wherever it could not, whatever that returns.
 *
 * Shape: `(func (export "interrupt") (param externref) (result i32) (local i32) (call 0 (local.get 0)) (local.tee 1) (i32.const 2) (i32.eq)
 * (if (result i32) (then (call 1 (local.get 0))) (else (local.get 1))))`.
 */
const MODULE: readonly number[] = Object.freeze([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, INTERRUPT_TYPE.length + 1, 1, ...INTERRUPT_TYPE],
  ...[2, 11, 2, 0, 1, 0x61, 0, 0, 0, 1, 0x62, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x63, 0, 2],
  ...[10, 25, 1, 23, 1, 1, 0x7f, 0x20, 0, 0x10, 0, 0x22, 1, 0x41, 2, 0x46],
  ...[0x04, 0x7f, 0x20, 0, 0x10, 1, 0x05, 0x20, 1, 0x0b, 0x0b],
]);

/** The function that modules call where the word is set: one for all instances. */
export function createInterrupt(): WebAssembly.ExportValue {
  const module = new WebAssembly.Module(new Uint8Array(MODULE));
  const [a, b] = createBridge([
    { params: [], results: ['i32'], func: ask },
    { params: [], results: ['i32'], func: new WebAssembly.Suspending(pause) },
  ]);
  const { exports } = new WebAssembly.Instance(module, { '': { a, b } } as WebAssembly.Imports);
  return exports['c'] as WebAssembly.ExportValue;
}

function ask(caller: Interruptible): Decision {
  return caller.interrupt();
}

const pause: SharedFunction = (caller: Interruptible) => caller.pause();
