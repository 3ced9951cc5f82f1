;;; 32769-entries
(func $attack (param i32 i32)
  (call $fields.from-list (call $entries (i32.const 32769) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 32769) (i32.const 0)))

;;; million-entries
(func $attack (param i32 i32)
  (call $fields.from-list (call $entries (i32.const 1000000) (call $letters (i32.const 1)) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.const 1000000) (i32.const 0)))

;;; one-buffer-thousands-of-times
(func $attack (param i32 i32)
  (local $buffer i32)
  (local.set $buffer (call $letters (i32.const 1048576)))
  (call $fields.from-list (call $entries (i32.const 4000) (i32.const 65536) (i32.const 1) (local.get $buffer) (i32.const 1048576))
    (i32.const 4000) (i32.const 0)))

;;; name-of-15-mib
(func $attack (param i32 i32)
  (call $fields.append (call $fields) (call $letters (i32.const 0xf00000)) (i32.const 0xf00000) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; value-of-15-mib
(func $attack (param i32 i32)
  (call $fields.append (call $fields) (call $letters (i32.const 0xf00000)) (i32.const 1) (i32.const 65536) (i32.const 0xf00000) (i32.const 0)))

;;; name-of-17-mib
(func $attack (param i32 i32)
  (call $fields.append (call $fields) (call $letters (i32.const 0x1100000)) (i32.const 0x1100000) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; path-of-15-mib
;; Refused by 200.
(func $attack (param $request i32) (param $out i32)
  (local $refused i32)
  (local.set $refused
    (call $set-path (call $outgoing-request (call $fields)) (i32.const 1) (call $letters (i32.const 0xf00000)) (i32.const 0xf00000)))
  (call $answer (local.get $out) (i32.const 200)))

;;; one-key-million-times
(func $attack (param i32 i32)
  (local $fields i32) (local $name i32)
  (local.set $fields (call $fields))
  (local.set $name (call $letters (i32.const 1)))
  (loop $again
    (call $fields.append (local.get $fields) (local.get $name) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))
    (br $again)))

;;; list-whose-size-overflows
(func $attack (param i32 i32)
  (call $fields.from-list (i32.const 65536) (i32.const 0x10000001) (i32.const 0)))

;;; list-past-the-end
(func $attack (param i32 i32)
  (call $fields.from-list (i32.const 0x1fff8) (i32.const 1) (i32.const 0)))

;;; list-misaligned
(func $attack (param i32 i32)
  (call $fields.from-list (i32.const 65537) (i32.const 1) (i32.const 0)))

;;; string-past-the-end
(func $attack (param i32 i32)
  (call $fields.append (call $fields) (i32.const -1) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; result-out-of-bounds
(func $attack (param i32 i32)
  (call $fields.entries (call $fields) (i32.const -4)))

;;; bad-utf8
(func $attack (param i32 i32)
  (i32.store (i32.const 0) (i32.const 0xbfc0))
  (call $fields.append (call $fields) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; surrogate-in-utf8
(func $attack (param i32 i32)
  (i32.store (i32.const 0) (i32.const 0x80a0ed))
  (call $fields.append (call $fields) (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; lone-surrogate (utf16)
(func $attack (param i32 i32)
  (i32.store (i32.const 0) (i32.const 0xd800))
  (call $fields.append (call $fields) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; odd-pointer-in-utf16 (utf16)
(func $attack (param i32 i32)
  (call $fields.append (call $fields) (i32.const 1) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; odd-pointer-in-compact-utf16 (compact-utf16)
(func $attack (param i32 i32)
  (call $fields.append (call $fields) (i32.const 1) (i32.const 0x80000001) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; no-such-case
(func $attack (param i32 i32)
  (drop (call $set-method (call $outgoing-request (call $fields)) (i32.const 77) (i32.const 0) (i32.const 0))))

;;; no-such-option
(func $attack (param i32 i32)
  (drop (call $set-authority (call $outgoing-request (call $fields)) (i32.const 2) (i32.const 0) (i32.const 0))))

;;; no-such-error-code
(func $attack (param $request i32) (param $out i32)
  (call $response-outparam.set (local.get $out) (i32.const 1) (i32.const 99)
    (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))

;;; setters-of-a-mebibyte
;; With spaces, each is refused; 200 says so.
(func $attack (param $request i32) (param $out i32)
  (local $outgoing i32) (local $text i32) (local $refused i32)
  (local.set $outgoing (call $outgoing-request (call $fields)))
  (local.set $text (call $letters (i32.const 1048576)))
  (i32.store (local.get $text) (i32.const 0x0a0d2000))
  (local.set $refused (call $set-method (local.get $outgoing) (i32.const 9) (local.get $text) (i32.const 1048576)))
  (local.set $refused (i32.add (local.get $refused)
    (call $set-path (local.get $outgoing) (i32.const 1) (local.get $text) (i32.const 1048576))))
  (local.set $refused (i32.add (local.get $refused)
    (call $set-authority (local.get $outgoing) (i32.const 1) (local.get $text) (i32.const 1048576))))
  (local.set $refused (i32.add (local.get $refused)
    (call $set-scheme (local.get $outgoing) (i32.const 1) (i32.const 2) (local.get $text) (i32.const 1048576))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (local.get $refused) (i32.const 4)))))

;;; read-and-skip-everything
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (call $input-stream.read (local.get $stream) (i64.const -1) (i32.const 0))
  (call $input-stream.skip (local.get $stream) (i64.const -1) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; zeroes-without-end
(func $attack (param $request i32) (param $out i32)
  (call $output-stream.write-zeroes (call $answer-body (local.get $out)) (i64.const -1) (i32.const 0)))

;;; splice-without-end
(func $attack (param $request i32) (param $out i32)
  (local $from i32) (local $to i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $from (i32.load (i32.const 4)))
  (local.set $to (call $answer-body (local.get $out)))
  (call $output-stream.splice (local.get $to) (local.get $from) (i64.const -1) (i32.const 0)))

;;; sleep-for-centuries
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-duration (i64.const -1))))

;;; wait-for-the-end-of-time
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-instant (i64.const -1))))

;;; blocking-reads-without-end
;; Of a body of 100,000 bytes; 200 where that many come.
(func $attack (param $request i32) (param $out i32)
  (local $stream i32) (local $read i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (loop $again
    (call $input-stream.blocking-read (local.get $stream) (i64.const -1) (i32.const 0))
    (if (i32.eqz (i32.load8_u (i32.const 0)))
      (then
        (local.set $read (i32.add (local.get $read) (i32.load (i32.const 8))))
        (br $again))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (local.get $read) (i32.const 100000)))))

;;; blocking-skips-without-end
;; As above.
(func $attack (param $request i32) (param $out i32)
  (local $stream i32) (local $read i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $stream (i32.load (i32.const 4)))
  (loop $again
    (call $input-stream.blocking-skip (local.get $stream) (i64.const -1) (i32.const 0))
    (if (i32.eqz (i32.load8_u (i32.const 0)))
      (then
        (local.set $read (i32.add (local.get $read) (i32.load (i32.const 8))))
        (br $again))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (local.get $read) (i32.const 100000)))))

;;; blocking-splices-without-end
;; Of the whole request into the reply.
(func $attack (param $request i32) (param $out i32)
  (local $from i32) (local $to i32)
  (call $incoming-request.consume (local.get $request) (i32.const 0))
  (call $incoming-body.stream (i32.load (i32.const 4)) (i32.const 0))
  (local.set $from (i32.load (i32.const 4)))
  (local.set $to (call $answer-body (local.get $out)))
  (loop $again
    (call $output-stream.blocking-splice (local.get $to) (local.get $from) (i64.const -1) (i32.const 0))
    (br_if $again (i32.eqz (i32.load8_u (i32.const 0))))))

;;; blocking-zeroes-without-end
(func $attack (param $request i32) (param $out i32)
  (call $output-stream.blocking-zeroes (call $answer-body (local.get $out)) (i64.const -1) (i32.const 0)))

;;; blocking-write-of-too-much
;; 4097 bytes, one more than WASI allows.
(func $attack (param $request i32) (param $out i32)
  (call $output-stream.blocking-write (call $answer-body (local.get $out)) (i32.const 65536) (i32.const 4097) (i32.const 0)))

;;; one-name-a-thousand-times
;; The same 15 MB each time.
(func $attack (param i32 i32)
  (local $name i32)
  (local.set $name (call $letters (i32.const 15000000)))
  (call $fields.from-list (call $entries (i32.const 1000) (local.get $name) (i32.const 15000000) (i32.const 65536) (i32.const 1))
    (i32.const 1000) (i32.const 0)))

;;; one-pollable-a-hundred-million-times
(func $attack (param i32 i32)
  (local $list i32) (local $at i32) (local $pollable i32)
  (local.set $pollable (call $subscribe-duration (i64.const 0)))
  (local.set $list (call $alloc (i32.const 400000000)))
  (local.set $at (i32.add (local.get $list) (i32.const 400000000)))
  (loop $next
    (i32.store (local.tee $at (i32.sub (local.get $at) (i32.const 4))) (local.get $pollable))
    (br_if $next (i32.gt_u (local.get $at) (local.get $list))))
  (call $poll (local.get $list) (i32.const 100000000) (i32.const 0)))
