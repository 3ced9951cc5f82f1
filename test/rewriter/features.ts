/** Modules in the text format, one for each feature that a guest's compiler may use. Shape: a name, and the text. */
export const FEATURES: readonly (readonly [name: string, wat: string])[] = [
  ['an empty module', '(module)'],
  ['a memory and nothing else', '(module (memory 1))'],
  [
    'two memories',
    '(module (memory 1) (memory 1 2) (func (i32.store 1 (i32.const 0) (i32.const 1)) (i32.store (i32.const 0) (i32.const 1)) (memory.copy 1 0 (i32.const 0) (i32.const 0) (i32.const 4)) (memory.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 4)) (memory.fill 1 (i32.const 0) (i32.const 0) (i32.const 4)) (drop (memory.grow 1 (i32.const 1))) (drop (memory.size 1))))',
  ],
  [
    'an imported and a defined memory',
    '(module (import "a" "m" (memory 1)) (memory 1) (func (i32.store (i32.const 0) (i32.const 1)) (i32.store 1 (i32.const 0) (i32.const 1))))',
  ],
  ['a shared memory', '(module (memory 1 2 shared) (func (i32.atomic.store (i32.const 0) (i32.const 1))))'],
  [
    'scalar stores',
    '(module (memory 1) (func (param i32) (i32.store (local.get 0) (i32.const 1)) (i64.store offset=400 (local.get 0) (i64.const 1)) (f32.store offset=800 (local.get 0) (f32.const 1)) (f64.store offset=1200 (local.get 0) (f64.const 1)) (i32.store8 offset=1600 (local.get 0) (i32.const 1)) (i32.store16 offset=2000 (local.get 0) (i32.const 1)) (i64.store8 offset=2400 (local.get 0) (i64.const 1)) (i64.store16 offset=2800 (local.get 0) (i64.const 1)) (i64.store32 offset=3200 (local.get 0) (i64.const 1))))',
  ],
  [
    'loads',
    '(module (memory 1) (func (param i32) (result i32 i64 f32 f64 v128) (i32.load8_s (local.get 0)) (i64.load32_u offset=5 (local.get 0)) (f32.load (local.get 0)) (f64.load (local.get 0)) (v128.load32_splat (local.get 0))))',
  ],
  [
    'vector stores and lanes',
    '(module (memory 1) (func (param i32 v128) (v128.store (local.get 0) (local.get 1)) (v128.store8_lane offset=300 15 (local.get 0) (local.get 1)) (v128.store16_lane offset=600 7 (local.get 0) (local.get 1)) (v128.store32_lane offset=900 3 (local.get 0) (local.get 1)) (v128.store64_lane offset=1200 1 (local.get 0) (local.get 1)) (drop (v128.load64_lane 1 (local.get 0) (local.get 1))) (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 1) (v128.const i32x4 1 2 3 4))) (drop (i32x4.extract_lane 3 (i32x4.replace_lane 2 (local.get 1) (local.get 0))))))',
  ],
  [
    'relaxed SIMD',
    '(module (func (param v128 v128 v128) (result v128) (i32x4.relaxed_dot_i8x16_i7x16_add_s (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)) (i32x4.relaxed_trunc_f32x4_s (local.get 2)))))',
  ],
  [
    'atomics',
    `(module (memory 1 1 shared) (func (param i32)
    (drop (i32.atomic.rmw.add (local.get 0) (i32.const 1))) (drop (i64.atomic.rmw.sub offset=400 (local.get 0) (i64.const 1)))
    (drop (i32.atomic.rmw8.and_u offset=801 (local.get 0) (i32.const 1))) (drop (i32.atomic.rmw16.or_u offset=1200 (local.get 0) (i32.const 1)))
    (drop (i64.atomic.rmw8.xor_u offset=1600 (local.get 0) (i64.const 1))) (drop (i64.atomic.rmw16.xchg_u offset=2000 (local.get 0) (i64.const 1)))
    (drop (i64.atomic.rmw32.add_u offset=2400 (local.get 0) (i64.const 1)))
    (drop (i32.atomic.rmw.cmpxchg offset=2800 (local.get 0) (i32.const 1) (i32.const 2)))
    (drop (i64.atomic.rmw.cmpxchg offset=3200 (local.get 0) (i64.const 1) (i64.const 2)))
    (drop (i32.atomic.rmw8.cmpxchg_u offset=3601 (local.get 0) (i32.const 1) (i32.const 2)))
    (drop (i64.atomic.rmw32.cmpxchg_u offset=4000 (local.get 0) (i64.const 1) (i64.const 2)))
    (i64.atomic.store offset=4400 (local.get 0) (i64.const 1)) (i32.atomic.store8 offset=4800 (local.get 0) (i32.const 1))
    (i64.atomic.store32 offset=5200 (local.get 0) (i64.const 1)) (drop (i32.atomic.load (local.get 0)))
    (drop (memory.atomic.notify (local.get 0) (i32.const 1))) (drop (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0)))
    (atomic.fence)))`,
  ],
  [
    'bulk memory',
    '(module (memory 1) (data $d "abc") (data (i32.const 5) "active") (func (param i32) (memory.init $d (local.get 0) (i32.const 0) (i32.const 3)) (data.drop $d) (memory.fill (local.get 0) (i32.const 1) (i32.const 4)) (memory.copy (local.get 0) (i32.const 3) (i32.const 4))))',
  ],
  [
    'data at an imported offset',
    '(module (import "a" "g" (global $g i32)) (memory 1) (data (global.get $g) "abc") (data (i32.const 0) "x"))',
  ],
  [
    'extended constant expressions',
    '(module (memory 1) (global i32 (i32.add (i32.const 1) (i32.mul (i32.const 2) (i32.const 3)))) (data (i32.sub (i32.const 8) (i32.const 3)) "abc"))',
  ],
  [
    'memory.size and memory.grow',
    '(module (memory 1 4) (func (result i32 i32) (memory.grow (i32.const 1)) (memory.size)))',
  ],
  [
    'tables and references',
    '(module (table $t 2 10 funcref) (table $x 1 externref) (elem (i32.const 0) $f) (elem $p func $f $f) (elem declare func $f) (elem externref (ref.null extern)) (func $f (param i32) (table.set $t (local.get 0) (ref.func $f)) (drop (table.get $x (local.get 0))) (drop (table.grow $t (ref.null func) (i32.const 1))) (table.fill $t (i32.const 0) (ref.null func) (i32.const 1)) (table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 1)) (table.init $t $p (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $p) (drop (table.size $t)) (drop (ref.is_null (table.get $x (i32.const 0))))))',
  ],
  ['a table with a value', '(module (func $f) (table 2 (ref func) (ref.func $f)))'],
  [
    'globals of each type',
    '(module (global (mut i32) (i32.const 1)) (global (mut i64) (i64.const 1)) (global (mut f32) (f32.const 1)) (global (mut f64) (f64.const 1)) (global (mut v128) (v128.const i32x4 1 2 3 4)) (global (mut funcref) (ref.null func)) (global (mut externref) (ref.null extern)) (global (mut exnref) (ref.null exn)) (global i32 (i32.const 5)))',
  ],
  [
    'imports of each kind',
    '(module (import "a" "f" (func (param i32))) (import "a" "t" (table 1 funcref)) (import "a" "m" (memory 1 3)) (import "a" "g" (global (mut i32))) (import "a" "e" (tag (param i32))) (func (param i32) (i32.store (local.get 0) (global.get 0)) (call 0 (memory.size))))',
  ],
  ['a start function', '(module (memory 1) (start $s) (func $s (i32.store (i32.const 0) (i32.const 1))))'],
  [
    'tail calls',
    '(module (table 1 funcref) (type $t (func (param i32) (result i32))) (memory 1) (func $f (type $t) (i32.store (local.get 0) (i32.const 1)) (return_call $f (local.get 0))) (func (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0))))',
  ],
  [
    'typed function references',
    '(module (type $t (func (param i32) (result i32))) (memory 1) (func (param (ref null $t) i32) (result i32) (i32.store (local.get 1) (call_ref $t (local.get 1) (local.get 0))) (block (drop (br_on_null 0 (local.get 0)))) (drop (ref.as_non_null (local.get 0))) (return_call_ref $t (local.get 1) (local.get 0))))',
  ],
  [
    'blocks with several values',
    '(module (memory 1) (func (param i32) (result i32 i32) (local.get 0) (i32.const 7) (block (param i32 i32) (result i32 i32) (i32.store offset=4) (local.get 0) (i32.const 9)) (loop (param i32 i32) (result i32 i32)) (if (param i32) (result i32) (then (drop) (i32.const 4)) (else)) (local.get 0)))',
  ],
  [
    'br_table',
    '(module (memory 1) (func (param i32) (block (block (block (br_table 0 1 2 (local.get 0))) (i32.store (local.get 0) (i32.const 1))) (i32.store (local.get 0) (i32.const 2))) (i32.store (local.get 0) (i32.const 3))))',
  ],
  [
    'typed select',
    '(module (memory 1) (func (param i32 externref) (i32.store (select (result i32) (local.get 0) (i32.const 8) (local.get 0)) (select (local.get 0) (i32.const 1) (i32.const 1))) (drop (select (result externref) (local.get 1) (ref.null extern) (i32.const 0)))))',
  ],
  [
    'unreachable code',
    '(module (memory 1) (func (param i32) (unreachable) (i32.store) (drop (i32.add (local.get 0))) (i32.store (local.get 0)) (block (br 1) (i64.store8)) (return) (v128.store) (drop (i32.atomic.rmw.cmpxchg)) (drop (memory.grow)) (memory.fill)))',
  ],
  [
    'exceptions',
    '(module (memory 1) (tag $e (param i32)) (func (param i32) (block $h (result i32 exnref) (try_table (catch_ref $e $h) (catch_all 1) (i32.store (local.get 0) (i32.const 1)) (throw $e (local.get 0))) (unreachable)) (throw_ref) (i32.store)))',
  ],
  [
    'exceptions of the old form',
    `(module (memory 1) (tag $e (param i32)) (func (param i32)
    try $t (i32.store (local.get 0) (i32.const 1)) (throw $e (local.get 0))
    catch $e i32.const 1 i32.store8 (i32.store (local.get 0) (i32.const 1)) (rethrow $t)
    catch_all (i32.store (local.get 0) (i32.const 5)) end
    try try (call 0 (i32.const 1)) delegate 0 (i32.store (local.get 0) (i32.const 6)) catch_all end))`,
  ],
  [
    'structs and arrays',
    '(module (memory 1) (rec (type $s (sub (struct (field (mut i32)) (field i64)))) (type $a (array (mut i8)))) (type $s2 (sub final $s (struct (field (mut i32)) (field i64)))) (data $d "abcdef") (func (param i32) (local $x (ref null $s)) (local.set $x (struct.new $s (local.get 0) (i64.const 1))) (struct.set $s 0 (local.get $x) (i32.const 1)) (i32.store (local.get 0) (struct.get $s 0 (local.get $x))) (drop (array.new_fixed $a 3 (i32.const 1) (i32.const 2) (i32.const 3))) (drop (array.new_data $a $d (i32.const 0) (i32.const 2))) (i32.store8 (local.get 0) (array.get_u $a (array.new_default $a (i32.const 5)) (i32.const 1))) (drop (ref.cast (ref $s) (local.get $x))) (drop (ref.test (ref $s2) (local.get $x))) (drop (block (result (ref $s)) (drop (br_on_cast 0 (ref null $s) (ref $s) (local.get $x))) (unreachable))) (drop (i31.get_s (ref.i31 (i32.const 1)))) (drop (ref.eq (local.get $x) (local.get $x))) (drop (extern.convert_any (local.get $x)))))',
  ],
  [
    'names and other custom sections',
    '(module $called (memory $m 1) (@custom "producers" "x") (@custom "target_features" (before data) "y") (func $f (export "f") (param $p i32) (i32.store (local.get $p) (i32.const 1))))',
  ],
];
