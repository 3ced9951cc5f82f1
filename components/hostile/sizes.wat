;;; store-beyond-the-end
(func $attack (param $request i32) (param $out i32)
  (i32.store8 (i32.shl (memory.size) (i32.const 16)) (i32.const 1))
  (call $answer (local.get $out) (i32.const 200)))

;;; store-far-beyond-the-end
;; As far as a former request may have grown, at an offset.
(func $attack (param $request i32) (param $out i32)
  (i64.store offset=1000000 (i32.shl (memory.size) (i32.const 16)) (i64.const -1))
  (call $answer (local.get $out) (i32.const 200)))

;;; vector-beyond-the-end
(func $attack (param $request i32) (param $out i32)
  (v128.store64_lane offset=8 1 (i32.shl (memory.size) (i32.const 16)) (i64x2.splat (i64.const -1)))
  (call $answer (local.get $out) (i32.const 200)))

;;; exchange-beyond-the-end
(func $attack (param $request i32) (param $out i32)
  (drop (i32.atomic.rmw.cmpxchg offset=4096 (i32.shl (memory.size) (i32.const 16)) (i32.const 5) (i32.const 6)))
  (call $answer (local.get $out) (i32.const 200)))

;;; fill-across-the-end
(func $attack (param $request i32) (param $out i32)
  (memory.fill (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 10)) (i32.const 1) (i32.const 11))
  (call $answer (local.get $out) (i32.const 200)))

;;; fill-nothing-beyond-the-end
(func $attack (param $request i32) (param $out i32)
  (memory.fill (i32.add (i32.shl (memory.size) (i32.const 16)) (i32.const 1)) (i32.const 1) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; copy-from-beyond-the-end
(func $attack (param $request i32) (param $out i32)
  (memory.copy (i32.const 70000) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 1)) (i32.const 2))
  (call $answer (local.get $out) (i32.const 200)))

;;; copy-much-to-beyond-the-end
;; More than what is copied at a time, so that a first part would be in bounds.
(func $attack (param $request i32) (param $out i32)
  (drop (memory.grow (i32.const 40)))
  (memory.copy (i32.const 65537) (i32.const 0) (i32.const 2687000))
  (call $answer (local.get $out) (i32.const 200)))

;;; print-what-is-beyond-the-end
(func $attack (param $request i32) (param $out i32)
  (call $output-stream.write (call $get-stdout) (i32.shl (memory.size) (i32.const 16)) (i32.const 8) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; read-beyond-the-end
;; In kept instances there are zeros, from the first request on.
(func $attack (param $request i32) (param $out i32)
  (drop (i32.load (i32.shl (memory.size) (i32.const 16))))
  (drop (memory.grow (i32.const 20)))
  (call $answer (local.get $out) (i32.const 200)))

;;; grow-and-leave-marks
;; Grows once more if it finds the size or the pages that another left.
(func $attack (param $request i32) (param $out i32)
  (local $at i32)
  (if (i32.ne (memory.size) (i32.const 2)) (then unreachable))
  (if (i32.ne (memory.grow (i32.const 30)) (i32.const 2)) (then unreachable))
  (local.set $at (i32.const 131072))
  (loop $next
    (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 2097152))))
  (memory.fill (i32.const 131072) (i32.const 255) (i32.const 1966080))
  (call $answer (local.get $out) (i32.const 200)))

;;; grow-beyond-all-room
;; By more than an instance may and be kept.
(func $attack (param $request i32) (param $out i32)
  (if (i32.ne (memory.size) (i32.const 2)) (then unreachable))
  (if (i32.ne (memory.grow (i32.const 1025)) (i32.const 2)) (then unreachable))
  (i32.store (i32.const 67300000) (i32.const 1))
  (call $answer (local.get $out) (i32.const 200)))

;;; do-as-told
;; What the path says, `/` and a letter, at 100,000 bytes beyond the end of the memory. Answers with 200, or with 201 where it finds anything.
(func $attack (param $request i32) (param $out i32)
  (local $at i32) (local $found i64)
  (call $incoming-request.path (local.get $request) (i32.const 0))
  (local.set $at (i32.add (i32.shl (memory.size) (i32.const 16)) (i32.const 100000)))
  (block $done
    (block $g (block $h (block $i (block $j (block $k (block $l (block $m (block $n (block $o (block $p (block $q (block $s
      (br_table $g $h $i $j $k $l $m $n $o $p $q $s
        (i32.sub (i32.load8_u offset=1 (i32.load (i32.const 4))) (i32.const 103)))) ;; s
      (i32.store8 (local.get $at) (i32.const 7)) (br $done)) ;; q
      (v128.store (local.get $at) (i64x2.splat (i64.const -1))) (br $done)) ;; p
      (i64.atomic.store (local.get $at) (i64.const 7)) (br $done)) ;; o
      (drop (i32.atomic.rmw.or (local.get $at) (i32.const 7))) (br $done)) ;; n
      (memory.fill (local.get $at) (i32.const 1) (i32.const 100)) (br $done)) ;; m
      (memory.copy (local.get $at) (i32.const 65536) (i32.const 100)) (br $done)) ;; l
      (memory.copy (i32.const 1024) (local.get $at) (i32.const 8))
      (local.set $found (i64.load (i32.const 1024))) (br $done)) ;; k
      (local.set $found (i64.load (local.get $at))) (br $done)) ;; j
      (local.set $found (i64x2.extract_lane 0 (v128.load (local.get $at)))) (br $done)) ;; i
      (local.set $found (i64.atomic.load (local.get $at))) (br $done)) ;; h: grows, uses all of it and traps
      (drop (memory.grow (i32.const 30)))
      (memory.fill (i32.const 65540) (i32.const 255) (i32.const 2000000)) unreachable) ;; g: grows and uses all of it
    (drop (memory.grow (i32.const 30)))
    (memory.fill (i32.const 65540) (i32.const 255) (i32.const 2000000)))
  (call $answer (local.get $out) (i32.add (i32.const 200) (i64.ne (local.get $found) (i64.const 0)))))
