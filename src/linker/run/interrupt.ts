import type { SharedFunction } from '../../abi/canon.ts';
import { INTERRUPT_TYPE } from '../../rewriter/emit/host-functions.ts';
import { createBridge } from './bridge.ts';
import type { Endable } from './guarded.ts';
import type { Decision } from '../preemption.ts';

/** An instance whose guest can be interrupted. */
export interface Interruptible extends Endable {
  /** Decides whether the guest continues, traps, or must call `pause`. */
  interrupt(): Decision;
  /** Suspends the guest; resolves to what happens to it then. */
  pause(): Promise<Decision>;
}

/**
 * A module that calls `interrupt` of the calling instance, then `pause` if told to.
 *
 * They are two functions because V8 traps on any call of a suspending function from where it could not suspend, even if it would not.
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

/** Creates the function, one for all instances, that modules call when the word is set. */
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
