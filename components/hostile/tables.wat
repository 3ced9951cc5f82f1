;;; from-the-start
(table $table 99000 funcref)
(elem declare func $attack)
(func $attack (param i32 i32)
  (table.fill $table (i32.const 0) (ref.func $attack) (i32.const 99000))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; with-a-first-value
(table $table 99000 99000 (ref func) (ref.func $attack))
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; many
;; One of them is large.
(table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref)
(table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref)
(table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref) (table 1000 funcref)
(table $last 75000 funcref)
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; grown-little-by-little
(table $table 0 funcref)
(elem declare func $attack)
(func $attack (param i32 i32)
  (loop $again (br_if $again (i32.ne (i32.const -1) (table.grow $table (ref.func $attack) (i32.const 10)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; of-structs
;; A new one in each element, of four tables that grow in turn.
(type $struct (struct (field i64 i64 i64 i64)))
(table $one 0 anyref) (table $two 0 eqref) (table $three 0 structref) (table $four 0 (ref null $struct))
(func $attack (param i32 i32)
  (loop $again
    (drop (table.grow $one (struct.new_default $struct) (i32.const 1)))
    (drop (table.grow $two (struct.new_default $struct) (i32.const 1)))
    (drop (table.grow $three (struct.new_default $struct) (i32.const 1)))
    (br_if $again (i32.ne (i32.const -1) (table.grow $four (struct.new_default $struct) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; of-exceptions
(tag $tag (param i64 i64 i64))
(table $table 0 exnref)
(func $attack (param i32 i32)
  (loop $again
    (br_if $again (i32.ne (i32.const -1)
      (table.grow $table
        (block $handler (result exnref)
          (try_table (catch_all_ref $handler) (throw $tag (i64.const 1) (i64.const 2) (i64.const 3)))
          (unreachable))
        (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; arrays-from-the-start
;; They are made before the guest runs, and each counts.
(type $array (array i64))
(global $one (mut (ref null $array)) (array.new_default $array (i32.const 200000)))
(global $two (mut (ref null $array)) (array.new_default $array (i32.const 200000)))
(global $three (mut (ref null $array)) (array.new_default $array (i32.const 200000)))
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-duration (i64.const -1))))
