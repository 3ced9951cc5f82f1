;;; nan
;; 200 where all bits of its floats are those that they had at first.
(global $f32 (mut f32) (f32.const nan:0x212345))
(global $f64 (mut f64) (f64.const -nan:0x1))
(func $attack (param $request i32) (param $out i32)
  (local $is-new i32)
  (local.set $is-new (i32.and
    (i32.eq (i32.reinterpret_f32 (global.get $f32)) (i32.const 0x7fa12345))
    (i64.eq (i64.reinterpret_f64 (global.get $f64)) (i64.const 0xfff0000000000001))))
  (global.set $f32 (f32.reinterpret_i32 (i32.const 0x7f812121)))
  (global.set $f64 (f64.reinterpret_i64 (i64.const 0x7ff8dead12345678)))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (local.get $is-new))))

;;; handles
;; 200 where its first handles are the first that there are, though it frees others last, of which one is not the last that it made.
(func $attack (param $request i32) (param $out i32)
  (local $one i32) (local $two i32) (local $three i32)
  (local.set $one (call $fields))
  (local.set $two (call $fields))
  (local.set $three (call $fields))
  (call $drop-fields (local.get $two))
  (call $drop-fields (local.get $one))
  (call $answer (local.get $out)
    (select (i32.const 200) (i32.const 599) (i32.and
      (i32.eq (local.get $one) (i32.const 3))
      (i32.eq (local.get $three) (i32.const 5))))))

;;; stacks (resources)
;; Destructors that wait inside of each other, as many as may.
(global $depth (mut i32) (i32.const 15))
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $pollable.block (call $subscribe-duration (i64.const 1000)))
  (if (local.tee 0 (global.get $depth))
    (then
      (global.set $depth (i32.sub (local.get 0) (i32.const 1)))
      (call $drop-thing (call $new-thing (i32.const 0))))))
(func $attack (param $request i32) (param $out i32)
  (call $drop-thing (call $new-thing (i32.const 0)))
  (call $answer (local.get $out) (i32.const 200)))

;;; floats-of-another (before nan)
(global $f64 (mut f64) (f64.const nan:0x5))
(func $attack (param $request i32) (param $out i32)
  (if (i64.ne (i64.reinterpret_f64 (global.get $f64)) (i64.const 0x7ff0000000000005)) (then unreachable))
  (global.set $f64 (f64.reinterpret_i64 (i64.const -1)))
  (call $hand-on (local.get $request) (local.get $out)))

;;; references
;; 200 where all of its references are those that they were at first, of whatever types.
(type $get (func (result i32)))
(func $zero (type $get) (i32.const 0))
(func $one (type $get) (i32.const 1))
(elem declare func $zero $one)
(global $func (mut (ref $get)) (ref.func $zero))
(global $extern (mut externref) (ref.null extern))
(global $any (mut anyref) (ref.i31 (i32.const 3)))
(global $i31 (mut i31ref) (ref.i31 (i32.const -1)))
(table $funcs 4 (ref $get) (ref.func $zero))
(table $externs 4 externref)
(table $anys 4 anyref)
(func $attack (param $request i32) (param $out i32)
  (local $left i32)
  (local.set $left (i32.or
    (i32.or (call_ref $get (global.get $func)) (call_ref $get (table.get $funcs (i32.const 1))))
    (i32.or
      (i32.or
        (i32.eqz (ref.is_null (global.get $extern)))
        (i32.or
          (i32.ne (i31.get_s (ref.cast i31ref (global.get $any))) (i32.const 3))
          (i32.ne (i31.get_s (global.get $i31)) (i32.const -1))))
      (i32.eqz (i32.and
        (ref.is_null (table.get $externs (i32.const 2)))
        (ref.is_null (table.get $anys (i32.const 3))))))))
  (global.set $func (ref.func $one))
  (table.set $funcs (i32.const 1) (ref.func $one))
  (global.set $extern (extern.convert_any (ref.i31 (i32.const 7))))
  (global.set $any (ref.i31 (i32.const 4)))
  (global.set $i31 (ref.i31 (i32.const 0x40000000)))
  (table.fill $externs (i32.const 0) (extern.convert_any (ref.i31 (i32.const 7))) (i32.const 4))
  (table.set $anys (i32.const 3) (ref.i31 (i32.const 7)))
  (call $answer (local.get $out) (select (i32.const 599) (i32.const 200) (local.get $left))))

;;; segments
;; 200 where what it dropped is there again.
(table $table 4 funcref)
(elem $elements func $attack)
(data $bytes "abc")
(global $times (mut i32) (i32.const 0))
(func $attack (param $request i32) (param $out i32)
  (memory.init $bytes (i32.const 0) (i32.const 0) (i32.const 3))
  (table.init $table $elements (i32.const 0) (i32.const 0) (i32.const 1))
  (data.drop $bytes)
  (elem.drop $elements)
  (call $answer (local.get $out) (i32.const 200)))

;;; pages-that-few-write
;; 200 where nothing is left on the pages that it writes in odd ways: a lane, across the end of one, atomically, past a branch.
(func $store (param $at i32)
  (block $skip
    (drop (br_on_null $skip (ref.null func)))
    (i32.store (local.get $at) (i32.const 1)))
  (i32.store offset=4 (local.get $at) (i32.const 1)))
(func $attack (param $request i32) (param $out i32)
  (local $left i32)
  (local.set $left (i32.or
    (i32.or (i32.load (i32.const 73728)) (i32.load (i32.const 81924)))
    (i32.or (i32.load (i32.const 90112)) (i32.or (i32.load (i32.const 98304)) (i32.load (i32.const 110004))))))
  (v128.store64_lane 1 (i32.const 73728) (i8x16.splat (i32.const 9)))
  (v128.store (i32.const 81916) (i8x16.splat (i32.const 9)))
  (drop (i32.atomic.rmw8.xchg_u (i32.const 90112) (i32.const 9)))
  (drop (i64.atomic.rmw.cmpxchg (i32.const 98304) (i64.const 0) (i64.const 9)))
  (call $store (i32.const 110000))
  (call $answer (local.get $out) (select (i32.const 599) (i32.const 200) (local.get $left))))
