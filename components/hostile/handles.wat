;;; hoard
(func $attack (param i32 i32)
  (loop $again (drop (call $fields)) (br $again)))

;;; use-after-drop
(func $attack (param i32 i32)
  (local $fields i32)
  (local.set $fields (call $fields))
  (call $drop-fields (local.get $fields))
  (drop (call $fields.clone (local.get $fields))))

;;; double-drop
(func $attack (param i32 i32)
  (local $fields i32)
  (local.set $fields (call $fields))
  (call $drop-fields (local.get $fields))
  (call $drop-fields (local.get $fields)))

;;; wrong-type
(func $attack (param i32 i32)
  (call $drop-pollable (call $fields)))

;;; zero
(func $attack (param i32 i32)
  (drop (call $fields.clone (i32.const 0))))

;;; two-to-the-31st
(func $attack (param i32 i32)
  (drop (call $fields.clone (i32.const 0x80000000))))

;;; minus-one
(func $attack (param i32 i32)
  (call $drop-pollable (i32.const -1)))

;;; given-away-twice
(func $attack (param i32 i32)
  (local $fields i32)
  (local.set $fields (call $fields))
  (drop (call $outgoing-response (local.get $fields)))
  (drop (call $outgoing-response (local.get $fields))))

;;; parent-first
;; A stream, before its pollable.
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (drop (call $output-stream.subscribe (local.get $stream)))
  (call $drop-output-stream (local.get $stream)))

;;; body-before-stream
(func $attack (param $request i32) (param $out i32)
  (drop (call $answer-body (local.get $out)))
  (call $drop-outgoing-body (global.get $body)))

;;; all-kept
;; 90,000 pollables, some of which have timers, none of which is dropped.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 90000))
  (loop $again
    (drop (call $subscribe-duration (i64.const 1000000000000)))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))
