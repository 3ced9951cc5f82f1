;;; responses-never-sent
;; A thousand, each with as much written as may be.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 1000))
  (loop $again
    (call $outgoing-response.body (call $outgoing-response (call $fields)) (i32.const 0))
    (call $write-all (i32.load (i32.const 4)) (i32.const 0x100000))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))
(func $write-all (param $body i32) (param $size i32)
  (local $stream i32)
  (call $outgoing-body.write (local.get $body) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (drop (call $letters (i32.const 0x100000)))
  (global.set $heap (i32.const 65536))
  (call $output-stream.write (local.get $stream) (i32.const 65536) (local.get $size) (i32.const 0))
  (call $output-stream.write (local.get $stream) (i32.const 65536) (local.get $size) (i32.const 0)))

;;; requests-never-sent
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 1000))
  (loop $again
    (call $outgoing-request.body (call $outgoing-request (call $fields)) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 0))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; bodies-of-dropped-responses
;; Nobody will send what is written after the response has gone, which the stream says: 200 where each of a thousand does.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $response i32) (local $closed i32)
  (local.set $count (i32.const 1000))
  (loop $again
    (local.set $response (call $outgoing-response (call $fields)))
    (call $outgoing-response.body (local.get $response) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
    (call $drop-outgoing-response (local.get $response))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
    (local.set $closed (i32.add (local.get $closed) (i32.load8_u (i32.const 16))))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (local.get $closed) (i32.const 1000)))))

;;; made-and-dropped
;; Two thousand responses of two mebibytes, one after the other: none holds anything once it is dropped.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $response i32) (local $body i32)
  (local.set $count (i32.const 2000))
  (loop $again
    (local.set $response (call $outgoing-response (call $fields)))
    (call $outgoing-response.body (local.get $response) (i32.const 0))
    (local.set $body (i32.load (i32.const 4)))
    (call $outgoing-body.write (local.get $body) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x10000) (i32.const 16))
    (call $drop-output-stream (i32.load (i32.const 4)))
    (call $drop-outgoing-body (local.get $body))
    (call $drop-outgoing-response (local.get $response))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; empty-writes-to-many
;; Two to each of 33,000 bodies.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 33000))
  (loop $again
    (call $outgoing-response.body (call $outgoing-response (call $fields)) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write (i32.load (i32.const 4)) (i32.const 0) (i32.const 0) (i32.const 16))
    (call $output-stream.write (i32.load (i32.const 4)) (i32.const 0) (i32.const 0) (i32.const 16))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; whole-body-before-set
;; As honest guests do: two mebibytes, finished, then the response is set. 200.
(func $attack (param $request i32) (param $out i32)
  (local $response i32) (local $body i32)
  (local.set $response (call $outgoing-response (call $fields)))
  (call $outgoing-response.body (local.get $response) (i32.const 0))
  (local.set $body (i32.load (i32.const 4)))
  (call $outgoing-body.write (local.get $body) (i32.const 0))
  (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
  (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
  (call $drop-output-stream (i32.load (i32.const 4)))
  (call $outgoing-body.finish (local.get $body) (i32.const 0) (i32.const 0) (i32.const 0))
  (call $response-outparam.set (local.get $out) (i32.const 0) (local.get $response)
    (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; clones-in-a-loop
(func $attack (param $request i32) (param $out i32)
  (local $fields i32)
  (local.set $fields (call $many-fields))
  (loop $again (drop (call $fields.clone (local.get $fields))) (br $again)))
(func $many-fields (result i32)
  (call $fields.from-list (call $entries (i32.const 3000) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 3000) (i32.const 0))
  (i32.load (i32.const 4)))

;;; clones-in-a-call-tree
;; Without any loop.
(global $fields-cloned (mut i32) (i32.const 0))
(func $attack (param $request i32) (param $out i32)
  (call $fields.from-list (call $entries (i32.const 3000) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 3000) (i32.const 0))
  (global.set $fields-cloned (i32.load (i32.const 4)))
  (call $five))
(func $five (call $four) (call $four) (call $four) (call $four) (call $four) (call $four) (call $four) (call $four))
(func $four (call $three) (call $three) (call $three) (call $three) (call $three) (call $three) (call $three) (call $three))
(func $three (call $two) (call $two) (call $two) (call $two) (call $two) (call $two) (call $two) (call $two))
(func $two (call $one) (call $one) (call $one) (call $one) (call $one) (call $one) (call $one) (call $one))
(func $one (call $leaf) (call $leaf) (call $leaf) (call $leaf) (call $leaf) (call $leaf) (call $leaf) (call $leaf))
(func $leaf (drop (call $fields.clone (global.get $fields-cloned))))

;;; clones-that-are-written
;; Each has then a list of its own.
(func $attack (param $request i32) (param $out i32)
  (local $fields i32)
  (call $fields.from-list (call $entries (i32.const 3000) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 3000) (i32.const 0))
  (local.set $fields (i32.load (i32.const 4)))
  (loop $again
    (call $fields.append (call $fields.clone (local.get $fields)) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))
    (br $again)))

;;; lists-of-the-largest-values
;; As large as fields may be, again and again.
(func $attack (param $request i32) (param $out i32)
  (local $list i32)
  (local.set $list (call $entries (i32.const 1) (call $letters (i32.const 1)) (i32.const 1) (call $letters (i32.const 0x1ff00)) (i32.const 0x1ff00)))
  (loop $again
    (call $fields.from-list (local.get $list) (i32.const 1) (i32.const 0))
    (br $again)))

;;; lists-that-are-refused
;; Two thousand times a list of the largest size whose last entry is forbidden: nothing is held of any.
(func $attack (param $request i32) (param $out i32)
  (local $list i32) (local $count i32)
  (local.set $list (call $entries (i32.const 400) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0)))
  (i32.store (i32.add (local.get $list) (i32.const 6388)) (i32.const 0))
  (local.set $count (i32.const 2000))
  (loop $again
    (call $fields.from-list (local.get $list) (i32.const 400) (i32.const 0))
    (if (i32.eqz (i32.load8_u (i32.const 0))) (then unreachable))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; views-of-one-message
;; 30,000 times the headers of a response that has thousands: they are one list.
(func $attack (param $request i32) (param $out i32)
  (local $response i32) (local $count i32)
  (call $fields.from-list (call $entries (i32.const 3000) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 3000) (i32.const 0))
  (local.set $response (call $outgoing-response (i32.load (i32.const 4))))
  (local.set $count (i32.const 30000))
  (loop $again
    (drop (call $outgoing-response.headers (local.get $response)))
    (drop (call $incoming-request.headers (local.get $request)))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; trailers-of-many
;; Of bodies whose responses are never sent.
(func $attack (param $request i32) (param $out i32)
  (local $list i32)
  (local.set $list (call $entries (i32.const 1) (call $letters (i32.const 1)) (i32.const 1) (call $letters (i32.const 0x1ff00)) (i32.const 0x1ff00)))
  (loop $again
    (call $fields.from-list (local.get $list) (i32.const 1) (i32.const 0))
    (call $outgoing-response.body (call $outgoing-response (call $fields)) (i32.const 8))
    (call $outgoing-body.finish (i32.load (i32.const 12)) (i32.const 1) (i32.load (i32.const 4)) (i32.const 16))
    (br $again)))

;;; paths-of-15-mebibytes
;; Each of another request.
(func $attack (param $request i32) (param $out i32)
  (local $path i32)
  (local.set $path (call $letters (i32.const 0xf00000)))
  (i32.store8 (local.get $path) (i32.const 47))
  (loop $again
    (if (call $set-path (call $outgoing-request (call $fields)) (i32.const 1) (local.get $path) (i32.const 0xf00000)) (then unreachable))
    (br $again)))

;;; one-path-again-and-again
;; A mebibyte, of one request: only the last is held.
(func $attack (param $request i32) (param $out i32)
  (local $path i32) (local $outgoing i32) (local $count i32)
  (local.set $path (call $letters (i32.const 0x100000)))
  (i32.store8 (local.get $path) (i32.const 47))
  (local.set $outgoing (call $outgoing-request (call $fields)))
  (local.set $count (i32.const 100))
  (loop $again
    (if (call $set-path (local.get $outgoing) (i32.const 1) (local.get $path) (i32.const 0x100000)) (then unreachable))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; methods-authorities-and-schemes
;; Of a mebibyte each.
(func $attack (param $request i32) (param $out i32)
  (local $text i32) (local $outgoing i32)
  (local.set $text (call $letters (i32.const 0x100000)))
  (loop $again
    (local.set $outgoing (call $outgoing-request (call $fields)))
    (if (call $set-method (local.get $outgoing) (i32.const 9) (local.get $text) (i32.const 0x100000)) (then unreachable))
    (if (call $set-authority (local.get $outgoing) (i32.const 1) (local.get $text) (i32.const 0x100000)) (then unreachable))
    (if (call $set-scheme (local.get $outgoing) (i32.const 1) (i32.const 2) (local.get $text) (i32.const 0x100000)) (then unreachable))
    (br $again)))

;;; error-of-15-mebibytes-for-ever
;; The answer is an error, and the guest waits.
(func $attack (param $request i32) (param $out i32)
  (call $response-outparam.set (local.get $out) (i32.const 1) (i32.const 38) (i32.const 1)
    (i64.extend_i32_u (call $letters (i32.const 0xf00000))) (i32.const 0xf00000) (i32.const 0) (i32.const 0) (i32.const 0))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; poll-for-ever
;; A list of as many as one call may have, of one pollable.
(func $attack (param $request i32) (param $out i32)
  (local $list i32) (local $at i32) (local $count i32) (local $pollable i32)
  (local.set $count (i32.const 120000))
  (local.set $list (call $alloc (i32.shl (local.get $count) (i32.const 2))))
  (local.set $at (local.get $list))
  (local.set $pollable (call $subscribe-duration (i64.const -1)))
  (loop $next
    (i32.store (local.get $at) (local.get $pollable))
    (local.set $at (i32.add (local.get $at) (i32.const 4)))
    (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $poll (local.get $list) (i32.const 120000) (i32.const 0)))

;;; handles-of-its-own-for-ever (resources)
;; As many as there may be, nearly.
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32))
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 99900))
  (loop $again
    (drop (call $new-thing (i32.const 0)))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; timers-for-ever
;; 90,000, all waited for.
(func $attack (param $request i32) (param $out i32)
  (local $list i32) (local $at i32) (local $count i32)
  (local.set $count (i32.const 90000))
  (local.set $list (call $alloc (i32.shl (local.get $count) (i32.const 2))))
  (local.set $at (local.get $list))
  (loop $next
    (i32.store (local.get $at) (call $subscribe-duration (i64.const -1)))
    (local.set $at (i32.add (local.get $at) (i32.const 4)))
    (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $poll (local.get $list) (i32.const 90000) (i32.const 0)))

;;; half-lines-for-ever
;; Of stdout and stderr.
(func $attack (param $request i32) (param $out i32)
  (local $text i32)
  (local.set $text (call $letters (i32.const 0x4000)))
  (call $output-stream.write (call $get-stdout) (local.get $text) (i32.const 0x4000) (i32.const 0))
  (call $output-stream.write (call $get-stdout) (local.get $text) (i32.const 0x4000) (i32.const 0))
  (call $output-stream.write (call $get-stdout) (local.get $text) (i32.const 0x4000) (i32.const 0))
  (call $output-stream.write (call $get-stderr) (local.get $text) (i32.const 0x4000) (i32.const 0))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; bodies-for-ever
;; Less than one request may hold, until its time is over.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 50))
  (loop $again
    (call $outgoing-response.body (call $outgoing-response (call $fields)) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; bodies-then-trap
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 50))
  (loop $again
    (call $outgoing-response.body (call $outgoing-response (call $fields)) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (unreachable))

;;; bodies-then-answer
;; And drops nothing.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 50))
  (loop $again
    (call $outgoing-response.body (call $outgoing-response (call $fields)) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; futures-kept
;; Of a thousand requests, to an upstream that sends as much as it can; none is read.
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (local.set $count (i32.const 1000))
  (loop $again
    (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; responses-taken-and-unread
;; The same, each response taken with its body.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $future i32)
  (local.set $count (i32.const 300))
  (loop $again
    (call $send (call $request-to-path (local.get $request)) (i32.const 0) (i32.const 0) (i32.const 0))
    (local.set $future (i32.load (i32.const 8)))
    (call $pollable.block (call $future.subscribe (local.get $future)))
    (call $future.get (local.get $future) (i32.const 0))
    (if (i32.eqz (i32.load8_u (i32.const 16)))
      (then
        (call $incoming-response.consume (i32.load (i32.const 24)) (i32.const 0))
        (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; uploads-to-nobody
;; Bodies of a thousand requests to an upstream that reads none of them.
(func $attack (param $request i32) (param $out i32)
  (local $count i32) (local $outgoing i32)
  (local.set $count (i32.const 1000))
  (loop $again
    (local.set $outgoing (call $request-to-path (local.get $request)))
    (call $outgoing-request.body (local.get $outgoing) (i32.const 0))
    (call $outgoing-body.write (i32.load (i32.const 4)) (i32.const 0))
    (call $output-stream.write-zeroes (i32.load (i32.const 4)) (i64.const 0x100000) (i32.const 16))
    (call $send (local.get $outgoing) (i32.const 0) (i32.const 0) (i32.const 0))
    (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
  (call $pollable.block (call $subscribe-duration (i64.const -1))))
