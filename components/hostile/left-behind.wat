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
