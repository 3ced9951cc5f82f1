;;; loop-after-a-wait
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-duration (i64.const 50000000)))
  (loop $again (br $again)))

;;; loop-in-realloc-after-a-wait
;; Where it cannot be suspended: in the call of the host that gives it the path.
(global $waited (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (loop $again (br_if $again (global.get $waited)))
  (call $alloc (local.get 3)))
(func $attack (param $request i32) (param $out i32)
  (call $pollable.block (call $subscribe-duration (i64.const 50000000)))
  (global.set $waited (i32.const 1))
  (call $incoming-request.path (local.get $request) (i32.const 1024)))

;;; loop-after-the-body
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 16))
  (local.set $stream (i32.load (i32.const 20)))
  (call $input-stream.blocking-read (local.get $stream) (i64.const 1) (i32.const 32))
  (loop $again (br $again)))
