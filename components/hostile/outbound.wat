;;; 10000-requests
;; To who is named in the path. 200 where 1,000 are sent and the others denied.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $sent i32)
  (local.set $count (i32.const 10000))
  (loop $again
    (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
    (local.set $sent (i32.add (local.get $sent) (i32.eqz (i32.load8_u (i32.const 0)))))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (local.get $sent) (i32.const 1000)))))

;;; call-oneself
;; Answers with the status of the reply: what ended the loop comes back through all of it.
(func $attack (param $request i32) (param $out i32)
  (local $future i32)
  (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
  (local.set $future (i32.load (i32.const 8)))
  (call $pollable.block (call $future.subscribe (local.get $future)))
  (call $future.get (local.get $future) (i32.const 0))
  (call $answer (local.get $out) (call $incoming-response.status (i32.load (i32.const 24)))))

;;; future-before-pollable
;; While its request is under way.
(func $attack (param $request i32) (param $out i32)
  (local $future i32)
  (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
  (local.set $future (i32.load (i32.const 8)))
  (drop (call $future.subscribe (local.get $future)))
  (call $drop-future (local.get $future)))

;;; future-while-it-waits
;; Dropped with its request under way.
(func $attack (param $request i32) (param $out i32)
  (local $future i32)
  (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
  (local.set $future (i32.load (i32.const 8)))
  (call $drop-pollable (call $future.subscribe (local.get $future)))
  (call $drop-future (local.get $future))
  (call $answer (local.get $out) (i32.const 200)))
