import type { Control } from './control.ts';
import type { Instructions } from '../../wasm/instructions.ts';
import { MAX_LOCALS, type Survey } from './survey.ts';

/** The root of all constants: the value is the distance alone. */
export const CONSTANT = 0;
/** The root of an unknown value. */
export const UNKNOWN = -1;

/**
 * What is known about the values in locals and on the operand stack. Each is a root and a distance from it: `(root + distance) mod 2^32`.
 *
 * A root stands for one value until the end of the block in which it was first seen; two things with the same root differ by their distances. Where blocks
 * join and loops begin, a local that was or will be assigned gets a new root. One pass suffices, because the survey knows the last assignment of each local.
 *
 * Notes about locals need not be cleared between functions: they refer to arms of `Control`, whose ids are unique, and to positions in the module.
 */
export class Values {
  readonly #control: Control;
  readonly #instructions: Instructions;
  readonly #lastAssignments: Int32Array;

  /** For each local: the arm and position of its last assignment, and its value then. */
  readonly #depths = new Int32Array(MAX_LOCALS);
  readonly #arms = new Int32Array(MAX_LOCALS);
  readonly #positions = new Int32Array(MAX_LOCALS).fill(-1);
  readonly #roots = new Int32Array(MAX_LOCALS);
  readonly #distances = new Int32Array(MAX_LOCALS);

  #rootCount = 1;

  /** The operand stack. */
  readonly #stackRoots: number[] = [];
  readonly #stackDistances: number[] = [];
  height = 0;

  /** The operand that `pop` took. */
  root = UNKNOWN;
  distance = 0;

  constructor(control: Control, instructions: Instructions, { lastAssignments }: Survey) {
    this.#control = control;
    this.#instructions = instructions;
    this.#lastAssignments = lastAssignments;
  }

  /** Starts a function body. */
  enter(): void {
    this.#rootCount = 1;
    this.height = 0;
  }

  push(root: number, distance: number): void {
    this.#stackRoots[this.height] = root;
    this.#stackDistances[this.height] = distance;
    this.height++;
  }

  pushUnknown(count: number): void {
    for (let rest = count; rest > 0; rest--) this.push(UNKNOWN, 0);
  }

  /** Pops an operand. If the block has none that is tracked, it is unknown. */
  pop(): void {
    if (this.height <= this.#control.base) {
      this.root = UNKNOWN;
      this.distance = 0;
      return;
    }
    this.height--;
    this.root = this.#stackRoots[this.height] as number;
    this.distance = this.#stackDistances[this.height] as number;
  }

  drop(count: number): void {
    this.height = Math.max(this.height - count, this.#control.base);
  }

  /** Pops `pops` operands and pushes `pushes` unknown ones. */
  exchange(pops: number, pushes: number): void {
    this.drop(pops);
    for (let rest = pushes; rest > 0; rest--) this.push(UNKNOWN, 0);
  }

  /** Drops all tracked operands of the block. */
  forget(): void {
    this.height = this.#control.base;
  }

  pushLocal(local: number): void {
    this.#refresh(local);
    this.push(this.#roots[local] as number, this.#distances[local] as number);
  }

  popLocal(local: number): void {
    this.pop();
    this.#assign(local);
  }

  teeLocal(local: number): void {
    this.pop();
    this.#assign(local);
    this.push(this.#roots[local] as number, this.#distances[local] as number);
  }

  /** Pops two operands and pushes their sum, or their difference if `sign` is -1. */
  addOperands(sign: 1 | -1): void {
    this.pop();
    const { root, distance } = this;
    this.pop();
    if (root === CONSTANT) this.push(this.root, (this.distance + sign * distance) | 0);
    else if (this.root === CONSTANT && sign === 1) this.push(root, (distance + this.distance) | 0);
    else this.push(UNKNOWN, 0);
  }

  #assign(local: number): void {
    const root = this.root === UNKNOWN ? this.#rootCount++ : this.root;
    this.#note(local, root, this.distance);
  }

  /** Gives the local a new root if it may have been assigned elsewhere since its value was recorded. */
  #refresh(local: number): void {
    if (!this.#isCurrent(local)) this.#note(local, this.#rootCount++, 0);
  }

  #isCurrent(local: number): boolean {
    const control = this.#control;
    if (!control.isOpen(this.#depths[local] as number, this.#arms[local] as number)) return false;
    const isFromBeforeLoop = (this.#positions[local] as number) < control.loopStart;
    return !isFromBeforeLoop || (this.#lastAssignments[local] as number) < this.#instructions.start;
  }

  #note(local: number, root: number, distance: number): void {
    const control = this.#control;
    this.#roots[local] = root;
    this.#distances[local] = distance;
    this.#depths[local] = control.depth;
    this.#arms[local] = control.id;
    this.#positions[local] = this.#instructions.start;
  }
}
