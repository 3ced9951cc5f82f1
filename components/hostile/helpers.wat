;; Around each attack. Memory: 0 to 1023 for results, from 64 KiB on for what $alloc gives.
(memory (export "memory") 2)
(global $heap (mut i32) (i32.const 65536))

;; Aligned to 8, never freed; grows the memory where it must.
(func $alloc (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (block $fits
    (br_if $fits (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16)))))
      (then unreachable)))
  (local.get $at))

;; Answers with a status and no body.
(func $answer (param $out i32) (param $status i32)
  (local $response i32)
  (local.set $response (call $outgoing-response (call $fields)))
  (drop (call $set-status (local.get $response) (local.get $status)))
  (call $response-outparam.set (local.get $out) (i32.const 0) (local.get $response)
    (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))

;; Answers 200 and gives the stream of the body; the body stays in $body.
(global $body (mut i32) (i32.const 0))
(func $answer-body (param $out i32) (result i32)
  (local $response i32)
  (local.set $response (call $outgoing-response (call $fields)))
  (call $outgoing-response.body (local.get $response) (i32.const 0))
  (global.set $body (i32.load (i32.const 4)))
  (call $response-outparam.set (local.get $out) (i32.const 0) (local.get $response)
    (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
  (call $outgoing-body.write (global.get $body) (i32.const 0))
  (i32.load (i32.const 4)))

;; A list of $count entries of `fields`, each with the same name and value.
(func $entries (param $count i32) (param $name-ptr i32) (param $name-len i32) (param $value-ptr i32) (param $value-len i32) (result i32)
  (local $list i32) (local $at i32)
  (local.set $list (call $alloc (i32.shl (local.get $count) (i32.const 4))))
  (local.set $at (local.get $list))
  (loop $next
    (i32.store (local.get $at) (local.get $name-ptr))
    (i32.store offset=4 (local.get $at) (local.get $name-len))
    (i32.store offset=8 (local.get $at) (local.get $value-ptr))
    (i32.store offset=12 (local.get $at) (local.get $value-len))
    (local.set $at (i32.add (local.get $at) (i32.const 16)))
    (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (local.get $list))

;; $size bytes `a`.
(func $letters (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (call $alloc (local.get $size)))
  (memory.fill (local.get $at) (i32.const 97) (local.get $size))
  (local.get $at))

;; A request to the authority that the path of this request names, for that path: `GET /127.0.0.1:80`.
(func $request-to-path (param $request i32) (result i32)
  (local $outgoing i32)
  (call $incoming-request.path (local.get $request) (i32.const 0))
  (local.set $outgoing (call $outgoing-request (call $fields)))
  (drop (call $set-scheme (local.get $outgoing) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))
  (drop (call $set-authority (local.get $outgoing) (i32.const 1)
    (i32.add (i32.load (i32.const 4)) (i32.const 1)) (i32.sub (i32.load (i32.const 8)) (i32.const 1))))
  (drop (call $set-path (local.get $outgoing) (i32.const 1) (i32.load (i32.const 4)) (i32.load (i32.const 8))))
  (local.get $outgoing))

(func $realloc (param $old i32) (param $old-size i32) (param $alignment i32) (param $size i32) (result i32)
  (call $alloc (local.get $size)))

(func (export "wasi:http/incoming-handler@0.2.12#handle") (param $request i32) (param $out i32)
  (call $attack (local.get $request) (local.get $out)))
