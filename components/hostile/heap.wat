;;; hoard-and-wait
;; As many handles as there may be, nearly.
(func $attack (param i32 i32)
  (local $left i32)
  (local.set $left (i32.const 99900))
  (loop $again
    (drop (call $fields))
    (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; clone
;; Each with thousands of entries.
(func $attack (param i32 i32)
  (local $fields i32)
  (call $fields.from-list (call $entries (i32.const 3000) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 3000) (i32.const 0))
  (local.set $fields (i32.load (i32.const 4)))
  (loop $again (drop (call $fields.clone (local.get $fields))) (br $again)))

;;; structs
(type $list (struct (field (ref null $list)) (field i64 i64 i64)))
(func $attack (param i32 i32)
  (local $list (ref null $list))
  (loop $again
    (local.set $list (struct.new $list (local.get $list) (i64.const 1) (i64.const 2) (i64.const 3)))
    (br $again)))

;;; exceptions
(tag $tag (param exnref i64 i64 i64))
(func $attack (param i32 i32)
  (local $caught exnref)
  (loop $again
    (local.set $caught
      (block $handler (result exnref)
        (try_table (catch_all_ref $handler) (throw $tag (local.get $caught) (i64.const 1) (i64.const 2) (i64.const 3)))
        (unreachable)))
    (br $again)))

;;; tables
(table $one 0 funcref) (table $two 0 funcref) (table $three 0 funcref) (table $four 0 funcref)
(elem declare func $attack)
(func $attack (param i32 i32)
  (drop (table.grow $one (ref.func $attack) (i32.const 100000)))
  (drop (table.grow $two (ref.func $attack) (i32.const 100000)))
  (drop (table.grow $three (ref.func $attack) (i32.const 100000)))
  (drop (table.grow $four (ref.func $attack) (i32.const 100000)))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; arrays
;; Of 64 MB each.
(type $array (array (mut v128)))
(type $list (struct (field (ref null $list)) (field (ref $array))))
(func $attack (param i32 i32)
  (local $list (ref null $list))
  (loop $again
    (local.set $list (struct.new $list (local.get $list) (array.new_default $array (i32.const 4000000))))
    (br $again)))

;;; arrays-on-the-stack
;; Each call holds one.
(type $array (array (mut v128)))
(func $attack (param i32 i32)
  (local $array (ref null $array))
  (local.set $array (array.new_default $array (i32.const 100000)))
  (call $attack (i32.const 0) (i32.const 0))
  (drop (array.len (local.get $array))))
