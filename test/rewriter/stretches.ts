import * as fc from 'fast-check';

/** How often a program calls functions before all of them return immediately. */
const FUEL = 2000;
const FUNCTIONS = 7;
const LOOPS = 2;

/** Work whose units are noted as they are done. */
export const work = (units: number): string => `(work ${units})`;

/** What notes it takes less than 12 bytes, the rest are instructions that do nothing. */
export function expandWork(wat: string): string {
  return wat.replaceAll(
    /\(work (\d+)\)/g,
    (_, units: string) =>
      `(global.set $done (i32.add (global.get $done) (i32.const ${units})))${' nop'.repeat(Math.max(0, Number(units) - 12))}`,
  );
}

/** How exceptions are caught: V8 takes one form in a module only. */
export const FORMS = ['try_table', 'try'] as const;
type Form = (typeof FORMS)[number];

export const LEAVE = `(global.set $depth (i32.sub (local.get $at) (i32.const 1)))
  (if (i32.lt_s (global.get $depth) (global.get $low)) (then (global.set $low (global.get $depth))))`;

/** What is thrown comes to here from any depth. */
export const CAUGHT = `(global.set $depth (local.get $at))
  (if (i32.lt_s (global.get $depth) (global.get $low)) (then (global.set $low (global.get $depth))))`;

export const BIT = `(global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1103515245)) (i32.const 12345)))
  (i32.and (i32.shr_u (global.get $seed) (i32.const 16)) (i32.const 1))`;

const callee = fc.integer({ min: 0, max: FUNCTIONS - 1 });
const units = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 12, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 300, max: 1200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1200, max: 20_000 }) },
);

/** Statements in `depth` blocks, the outermost of which is the function's body. */
function statements(form: Form, depth: number, loops: number): fc.Arbitrary<string> {
  const leaves: fc.WeightedArbitrary<string>[] = [
    { weight: 6, arbitrary: units.map(work) },
    { weight: 6, arbitrary: callee.map((index) => `(call $f${index})`) },
    { weight: 1, arbitrary: callee.map((index) => `(call_indirect (type $f) (i32.const ${index}))`) },
    { weight: 1, arbitrary: callee.map((index) => `(call_ref $f (ref.func $f${index}))`) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: depth - 1 }).map((label) => `${BIT} ${branchTo(label, depth)}`) },
    { weight: 1, arbitrary: fc.constant(`${BIT} (if (then ${LEAVE} (return)))`) },
    { weight: 1, arbitrary: callee.map((index) => `${BIT} (if (then ${LEAVE} (return_call $f${index})))`) },
    {
      weight: 1,
      arbitrary: callee.map(
        (index) => `${BIT} (if (then ${LEAVE} (return_call_indirect (type $f) (i32.const ${index}))))`,
      ),
    },
    { weight: 1, arbitrary: fc.constant(`${BIT} (if (then (throw $tag)))`) },
  ];
  if (depth > 4) return sequence(fc.oneof(...leaves));
  const inner = statements(form, depth + 1, loops);
  const twice = statements(form, depth + 2, loops);
  const thrice = statements(form, depth + 3, loops);
  const blocks: fc.WeightedArbitrary<string>[] = [
    { weight: 2, arbitrary: fc.tuple(inner, inner).map(([one, other]) => `${BIT} (if (then ${one}) (else ${other}))`) },
    { weight: 1, arbitrary: inner.map((one) => `${BIT} (if (then ${one}))`) },
    { weight: 1, arbitrary: inner.map((body) => `(block ${body})`) },
    {
      weight: 1,
      arbitrary: thrice.map((body) => `(block (block ${BIT} (br_table 0 1) ) ${work(100)} (block (block ${body})))`),
    },
    form === 'try_table'
      ? { weight: 2, arbitrary: twice.map((body) => `(block (try_table (catch_all 0) ${body})) ${CAUGHT}`) }
      : { weight: 2, arbitrary: inner.map((body) => `try ${body} catch_all ${CAUGHT} ${work(200)} end`) },
  ];
  if (loops < LOOPS) {
    const again = `(br_if 0 (local.tee $times${loops} (i32.sub (local.get $times${loops}) (i32.const 1))))`;
    const loop = statements(form, depth + 1, loops + 1).map(
      (body) => `(local.set $times${loops} (i32.const 3)) (loop ${body} ${again})`,
    );
    blocks.push({ weight: 1, arbitrary: loop });
  }
  return sequence(fc.oneof(...leaves, ...blocks));
}

function sequence(statement: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(statement, { minLength: 1, maxLength: 6 }).map((all) => all.join('\n'));
}

/** Takes a condition. A branch out of the function leaves it. */
function branchTo(label: number, depth: number): string {
  return label === depth - 1 ? `(if (then ${LEAVE} (br ${depth})))` : `(br_if ${label})`;
}

/** Programs of functions that call each other at random, until they have called each other often enough. */
export function programs(form: Form): fc.Arbitrary<string> {
  const bodies = fc.array(statements(form, 1, 0), { minLength: FUNCTIONS, maxLength: FUNCTIONS });
  return fc.tuple(fc.integer(), bodies).map(([seed, all]) => toProgram(all, seed));
}

/** The module of some functions' bodies, the first of which is exported as `go`. */
export function toProgram(bodies: readonly string[], seed = 1): string {
  const locals = `(local $at i32) ${Array.from({ length: LOOPS }, (_, loop) => `(local $times${loop} i32)`).join(' ')}`;
  const functions = bodies.map(
    (body, index) => `(func $f${index} (type $f) ${locals}
      (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
      (local.set $at (global.get $depth))
      (if (i32.eqz (global.get $fuel)) (then ${LEAVE} (return)))
      (global.set $fuel (i32.sub (global.get $fuel) (i32.const 1)))
      ${body}
      ${LEAVE})`,
  );
  const names = bodies.map((_body, index) => `$f${index}`).join(' ');
  return `(module (type $f (func)) (tag $tag) (table ${bodies.length} funcref) (elem (i32.const 0) ${names})
    (global $done (export "done") (mut i32) (i32.const 0)) (global $seed (mut i32) (i32.const ${seed}))
    (global $depth (export "depth") (mut i32) (i32.const 0)) (global $low (export "low") (mut i32) (i32.const 0))
    (global $fuel (mut i32) (i32.const ${FUEL}))
    ${functions.join('\n')}
    (func (export "go") (call $f0)))`;
}
