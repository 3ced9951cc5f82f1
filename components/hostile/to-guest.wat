;;; two-to-the-40th-random-bytes
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 0x10000000000) (i32.const 0)))

;;; 16-mib-of-random
(func $attack (param $request i32) (param $out i32)
  (call $get-random-bytes (i64.const 0x1000000) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; realloc-gives-0
;; Which is an address like any other.
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
(func $attack (param $request i32) (param $out i32)
  (call $get-random-bytes (i64.const 64) (i32.const 1000))
  (call $answer (local.get $out) (i32.const 200)))

;;; realloc-misaligned
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65537))
(func $attack (param i32 i32)
  (local $fields i32)
  (local.set $fields (call $fields))
  (call $fields.append (local.get $fields) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))
  (call $fields.entries (local.get $fields) (i32.const 0)))

;;; realloc-out-of-bounds
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const -8))
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))

;;; realloc-at-the-last-byte
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x1ffff))
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 2) (i32.const 0)))

;;; realloc-gives-the-same-twice
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
(func $attack (param $request i32) (param $out i32)
  (local $fields i32)
  (local.set $fields (call $fields))
  (call $fields.append (local.get $fields) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 16) (i32.const 0))
  (call $fields.entries (local.get $fields) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; realloc-traps
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))

;;; realloc-grows
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))
(func $attack (param $request i32) (param $out i32)
  (local $fields i32)
  (local.set $fields (call $fields))
  (call $fields.append (local.get $fields) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 16) (i32.const 0))
  (call $fields.entries (local.get $fields) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; realloc-calls-an-import
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $fields))
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))

;;; realloc-waits
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (call $pollable.block (call $subscribe-duration (i64.const 1)))
  (i32.const 0))
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))

;;; realloc-recurses
(func $deep (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (i32.add (i32.const 1) (call $deep (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))))
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))

;;; realloc-loops
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop $again (br $again)) unreachable)
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))
