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

;;; hoard-own (resources)
;; Of a resource that it defines itself.
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32))
(func $attack (param i32 i32)
  (loop $again (drop (call $new-thing (i32.const 0))) (br $again)))

;;; hoard-in-parts (before all-kept)
;; 20,000 here and 90,000 in the component behind it: neither alone is too much.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 20000))
  (loop $again
    (drop (call $fields))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $hand-on (local.get $request) (local.get $out)))

;;; drop-what-waits
;; Pollables of the request's body, which never comes, and a timer; then the stream and the body themselves.
(func $attack (param $request i32) (param $out i32)
  (local $body i32) (local $stream i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (local.set $body (i32.load (i32.const 4)))
  (call $incoming-body.stream (local.get $body) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (call $drop-pollable (call $input-stream.subscribe (local.get $stream)))
  (call $drop-pollable (call $subscribe-duration (i64.const 1000000000000)))
  (call $drop-input-stream (local.get $stream))
  (call $drop-incoming-body (local.get $body))
  (call $answer (local.get $out) (i32.const 200)))

;;; stream-before-pollable
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (drop (call $input-stream.subscribe (local.get $stream)))
  (call $drop-input-stream (local.get $stream)))
