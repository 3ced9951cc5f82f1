;;; every-reply-fails
;; A victim, for once: of twenty requests, to an upstream that gives no whole reply, each body is read to its end. 200 where none looks complete.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $failed i32)
  (local.set $count (i32.const 20))
  (loop $again
    (local.set $failed (i32.add (local.get $failed) (call $fails (local.get $request))))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (local.get $failed) (i32.const 20)))))
(func $fails (param $request i32) (result i32)
  (local $future i32) (local $stream i32)
  (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
  (local.set $future (i32.load (i32.const 8)))
  (call $pollable.block (call $future.subscribe (local.get $future)))
  (call $future.get (local.get $future) (i32.const 0))
  (if (i32.load8_u (i32.const 16)) (then (return (i32.const 1))))
  (call $incoming-response.consume (i32.load (i32.const 24)) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (loop $more
    (call $input-stream.blocking-skip (local.get $stream) (i64.const 0x10000) (i32.const 32))
    (br_if $more (i32.eqz (i32.load8_u (i32.const 32)))))
  (i32.eqz (i32.load8_u (i32.const 40))))
