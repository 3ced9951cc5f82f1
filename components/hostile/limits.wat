;;; count-pages
;; Answers with 200 and how many pages the memory grows to.
(func $attack (param $request i32) (param $out i32)
  (loop $again (br_if $again (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
  (call $answer (local.get $out) (i32.add (i32.const 200) (memory.size))))

;;; hold-pages
;; As many pages as the memory grows to, all written, until the request has a body. Answers with 200 and how many.
(func $attack (param $request i32) (param $out i32)
  (loop $again (br_if $again (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
  (memory.fill (i32.const 65536) (i32.const 1) (i32.shl (i32.sub (memory.size) (i32.const 1)) (i32.const 16)))
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (call $pollable.block (call $input-stream.subscribe (i32.load (i32.const 4))))
  (call $answer (local.get $out) (i32.add (i32.const 200) (memory.size))))

;;; count-elements
;; Answers with 200 and how many elements a table grows to.
(table $table 0 funcref)
(func $attack (param $request i32) (param $out i32)
  (loop $again (br_if $again (i32.ne (i32.const -1) (table.grow $table (ref.null func) (i32.const 1)))))
  (call $answer (local.get $out) (i32.add (i32.const 200) (table.size $table))))

;;; count-requests
;; Answers with 200 and how many of 300 requests to who is named in the path are sent.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $sent i32)
  (local.set $count (i32.const 300))
  (loop $again
    (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
    (local.set $sent (i32.add (local.get $sent) (i32.eqz (i32.load8_u (i32.const 0)))))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.add (i32.const 200) (local.get $sent))))

;;; count-budget
;; Answers with as many bytes as one write may have, as often as may be without waiting.
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (block $full
    (loop $again
      (call $output-stream.check-write (local.get $stream) (i32.const 0))
      (br_if $full (i64.eqz (i64.load (i32.const 8))))
      (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.wrap_i64 (i64.load (i32.const 8))) (i32.const 0))
      (br $again)))
  (call $drop-output-stream (local.get $stream)))

;;; count-read
;; Answers with 200 and how many bytes of the request one read gives.
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (call $pollable.block (call $input-stream.subscribe (local.get $stream)))
  (call $input-stream.read (local.get $stream) (i64.const -1) (i32.const 0))
  (call $answer (local.get $out) (i32.add (i32.const 200) (i32.load (i32.const 8)))))

;;; print-a-thousand
(func $attack (param $request i32) (param $out i32)
  (memory.fill (i32.const 65536) (i32.const 97) (i32.const 1000))
  (call $output-stream.write (call $get-stdout) (i32.const 65536) (i32.const 1000) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))
