;;; compute-at-start
;; For some seconds, then answers 200.
(func (export "_initialize")
  (local $left i32)
  (local.set $left (i32.const 1500000000))
  (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
(func $attack (param $request i32) (param $out i32)
  (call $answer (local.get $out) (i32.const 200)))
