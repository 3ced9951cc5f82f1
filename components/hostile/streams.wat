;;; write-unasked
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (loop $again
    (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.const 1024) (i32.const 0))
    (br $again)))

;;; empty-writes-unasked
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (loop $again
    (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.const 0) (i32.const 0))
    (br $again)))

;;; empty-writes-for-ever
(func $attack (param $request i32) (param $out i32)
  (local $stream i32) (local $pollable i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (loop $again
    (local.set $pollable (call $output-stream.subscribe (local.get $stream)))
    (call $pollable.block (local.get $pollable))
    (call $drop-pollable (local.get $pollable))
    (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.const 0) (i32.const 0))
    (br $again)))

;;; reply-for-ever
(func $attack (param $request i32) (param $out i32)
  (local $stream i32) (local $pollable i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (loop $again
    (local.set $pollable (call $output-stream.subscribe (local.get $stream)))
    (call $pollable.block (local.get $pollable))
    (call $drop-pollable (local.get $pollable))
    (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.const 65536) (i32.const 0))
    (br_if $again (i32.eqz (i32.load8_u (i32.const 0))))))

;;; a-byte-now-and-then
(func $attack (param $request i32) (param $out i32)
  (local $stream i32) (local $pollable i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (loop $again
    (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.const 1) (i32.const 0))
    (call $output-stream.blocking-flush (local.get $stream) (i32.const 0))
    (local.set $pollable (call $subscribe-duration (i64.const 20000000)))
    (call $pollable.block (local.get $pollable))
    (call $drop-pollable (local.get $pollable))
    (br $again)))

;;; write-after-finish
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (call $drop-output-stream (local.get $stream))
  (call $outgoing-body.finish (global.get $body) (i32.const 0) (i32.const 0) (i32.const 0))
  (call $output-stream.write (local.get $stream) (i32.const 65536) (i32.const 1) (i32.const 0)))

;;; drop-the-body-without-finish
(func $attack (param $request i32) (param $out i32)
  (call $drop-output-stream (call $answer-body (local.get $out)))
  (call $drop-outgoing-body (global.get $body)))

;;; trailers-beyond-the-limit
(func $attack (param $request i32) (param $out i32)
  (local $trailers i32)
  (call $drop-output-stream (call $answer-body (local.get $out)))
  (local.set $trailers (call $fields))
  (call $fields.append (local.get $trailers) (call $letters (i32.const 131072)) (i32.const 1) (i32.const 65536) (i32.const 131072) (i32.const 0))
  (call $outgoing-body.finish (global.get $body) (i32.const 1) (local.get $trailers) (i32.const 0)))

;;; print-10-mib
(func $attack (param $request i32) (param $out i32)
  (local $stdout i32) (local $count i32)
  (local.set $stdout (call $get-stdout))
  (local.set $count (i32.const 1000))
  (memory.fill (i32.const 65536) (i32.const 10) (i32.const 10000))
  (loop $again
    (call $output-stream.write (local.get $stdout) (i32.const 65536) (i32.const 10000) (i32.const 0))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; write-more-than-permitted
(func $attack (param $request i32) (param $out i32)
  (call $output-stream.write (call $answer-body (local.get $out)) (call $letters (i32.const 1048577)) (i32.const 1048577) (i32.const 0)))

;;; forbidden-trailers
;; One that `fields` refuses, then three that it takes but no trailer section may hold, and one that it may.
(data $names "transfer-encodingcontent-lengthcontent-typeset-cookiex-good")
(func $append (param $trailers i32) (param $at i32) (param $length i32) (result i32)
  (call $fields.append (local.get $trailers) (i32.add (i32.const 65536) (local.get $at)) (local.get $length)
    (i32.const 65600) (i32.const 1) (i32.const 0))
  (i32.load8_u (i32.const 0)))
(func $attack (param $request i32) (param $out i32)
  (local $trailers i32)
  (memory.init $names (i32.const 65536) (i32.const 0) (i32.const 59))
  (i32.store8 (i32.const 65600) (i32.const 57))
  (local.set $trailers (call $fields))
  (if (i32.eqz (call $append (local.get $trailers) (i32.const 0) (i32.const 17))) (then unreachable))
  (drop (call $append (local.get $trailers) (i32.const 17) (i32.const 14)))
  (drop (call $append (local.get $trailers) (i32.const 31) (i32.const 12)))
  (drop (call $append (local.get $trailers) (i32.const 43) (i32.const 10)))
  (drop (call $append (local.get $trailers) (i32.const 53) (i32.const 6)))
  (call $drop-output-stream (call $answer-body (local.get $out)))
  (call $outgoing-body.finish (global.get $body) (i32.const 1) (local.get $trailers) (i32.const 0)))
