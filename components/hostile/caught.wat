;;; host-trap
;; Catches what the host ends it by, and answers.
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $get-random-bytes (i64.const -1) (i32.const 0))))
  (call $answer (local.get $out) (i32.const 200)))

;;; no-handle
;; A builtin.
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $drop-fields (i32.const 77))))
  (call $answer (local.get $out) (i32.const 200)))

;;; host-trap-by-reference
;; Catches it, throws it again, and catches that.
(func $attack (param $request i32) (param $out i32)
  (block $again
    (try_table (catch_all $again)
      (block $caught (result exnref)
        (try_table (catch_all_ref $caught) (call $get-random-bytes (i64.const -1) (i32.const 0)))
        (br $again))
      (throw_ref)))
  (call $answer (local.get $out) (i32.const 200)))

;;; host-trap-as-of-old
;; By the instructions of the first proposal.
(func $attack (param $request i32) (param $out i32)
  try i64.const -1 i32.const 0 call $get-random-bytes catch_all end
  (call $answer (local.get $out) (i32.const 200)))

;;; host-trap-and-spin
;; 500, and no deadline: nothing is left that could spin.
(func $attack (param i32 i32)
  (block $caught (try_table (catch_all $caught) (call $get-random-bytes (i64.const -1) (i32.const 0))))
  (loop $again (br $again)))

;;; host-trap-a-thousand-times
(func $attack (param $request i32) (param $out i32)
  (local $count i32)
  (loop $again
    (block $caught (try_table (catch_all $caught) (call $get-random-bytes (i64.const -1) (i32.const 0))))
    (br_if $again (i32.lt_u (local.tee $count (i32.add (local.get $count) (i32.const 1))) (i32.const 1000))))
  (call $answer (local.get $out) (i32.const 200)))

;;; host-trap-by-table
;; Calls the host's function by a table, where it passes no caller.
(type $random (func (param i64 i32)))
(table funcref (elem $get-random-bytes))
(func $attack (param $request i32) (param $out i32)
  (block $caught
    (try_table (catch_all $caught) (call_indirect (type $random) (i64.const -1) (i32.const 0) (i32.const 0))))
  (call $answer (local.get $out) (i32.const 200)))

;;; realloc-throws
;; An exception of its own, through the function of the host that called it.
(tag $thrown)
(global $throws (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (if (global.get $throws) (then (throw $thrown)))
  (call $alloc (local.get 3)))
(func $attack (param $request i32) (param $out i32)
  (global.set $throws (i32.const 1))
  (block $caught (try_table (catch $thrown $caught) (call $incoming-request.path (local.get $request) (i32.const 0))))
  (global.set $throws (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; realloc-catches
;; Calls the host out of realloc, which traps, and gives memory all the same.
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (block $caught (try_table (catch_all $caught) (call $get-random-bytes (i64.const -1) (i32.const 0))))
  (call $alloc (local.get 3)))
(func $attack (param $request i32) (param $out i32)
  (call $incoming-request.path (local.get $request) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; stack-caught-in-the-host
;; At the end of the stack the host's functions fail too.
(func $deep (param i32) (result i32)
  (block $caught
    (try_table (catch_all $caught) (call $drop-fields (call $fields.clone (local.get 0)))))
  (i32.add (i32.const 1) (call $deep (local.get 0))))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (drop (call $deep (call $fields)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; destructor-traps (resources)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32) (call $get-random-bytes (i64.const -1) (i32.const 0)))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $drop-thing (call $new-thing (i32.const 0)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; destructor-throws (resources)
(tag $thrown)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32) (throw $thrown))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch $thrown $caught) (call $drop-thing (call $new-thing (i32.const 0)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; destructor-catches (resources)
;; Once it has waited.
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $pollable.block (call $subscribe-duration (i64.const 1000)))
  (block $caught (try_table (catch_all $caught) (call $get-random-bytes (i64.const -1) (i32.const 0)))))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $drop-thing (call $new-thing (i32.const 0)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; too-many-stacks (resources)
;; Destructors that wait inside of each other, each of which catches that there are too many.
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func $drop (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $pollable.block (call $subscribe-duration (i64.const 0)))
  (block $caught (try_table (catch_all $caught) (call $drop-thing (call $new-thing (i32.const 0))))))
(func $attack (param $request i32) (param $out i32)
  (call $drop (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; cancelled
;; Catches that its time is over, waits again and answers.
(func $attack (param $request i32) (param $out i32)
  (block $caught
    (try_table (catch_all $caught) (call $pollable.block (call $subscribe-duration (i64.const -1)))))
  (block $again
    (try_table (catch_all $again) (call $pollable.block (call $subscribe-duration (i64.const 1000)))))
  (call $answer (local.get $out) (i32.const 200)))

;;; cancelled-and-spin
(func $attack (param i32 i32)
  (block $caught
    (try_table (catch_all $caught) (call $pollable.block (call $subscribe-duration (i64.const -1)))))
  (loop $again (br $again)))

;;; cancelled-after-the-head
;; Goes on with its body.
(func $attack (param $request i32) (param $out i32)
  (local $stream i32)
  (local.set $stream (call $answer-body (local.get $out)))
  (loop $again
    (block $caught
      (try_table (catch_all $caught) (call $pollable.block (call $subscribe-duration (i64.const -1)))))
    (call $output-stream.blocking-write (local.get $stream) (i32.const 0) (i32.const 100) (i32.const 200))
    (br $again)))

;;; start-catches
;; Traps at its start; what follows never is.
(func (export "_initialize")
  (block $caught (try_table (catch_all $caught) (call $get-random-bytes (i64.const -1) (i32.const 0)))))
(func $attack (param $request i32) (param $out i32)
  (call $answer (local.get $out) (i32.const 200)))

;;; start-waits
;; Where nothing can be suspended.
(func (export "_initialize")
  (block $caught (try_table (catch_all $caught) (call $pollable.block (call $subscribe-duration (i64.const 1000000))))))
(func $attack (param $request i32) (param $out i32)
  (call $answer (local.get $out) (i32.const 200)))

;;; throws
;; What it throws nobody catches.
(tag $thrown (param i32))
(func $attack (param i32 i32) (throw $thrown (i32.const 1)))

;;; throws-after-waiting
(tag $thrown (param i32))
(func $attack (param i32 i32)
  (call $pollable.block (call $subscribe-duration (i64.const 1000)))
  (throw $thrown (i32.const 1)))

;;; another-traps (before host-trap)
;; What another catches, and itself once more.
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $hand-on (local.get $request) (local.get $out))))
  (call $drop-fields (call $fields)))

;;; another-traps-and-this-spins (before destructor-traps-alone)
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $hand-on (local.get $request) (local.get $out))))
  (loop $again (br $again)))

;;; destructor-traps-alone (resources)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32) (call $get-random-bytes (i64.const -1) (i32.const 0)))
(func $attack (param i32 i32) (call $drop-thing (call $new-thing (i32.const 0))))

;;; another-throws (before throws)
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $hand-on (local.get $request) (local.get $out)))))

;;; another-throws-later (before throws-after-waiting)
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $hand-on (local.get $request) (local.get $out)))))

;;; another-is-cancelled (before cancelled)
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $hand-on (local.get $request) (local.get $out))))
  (loop $again (br $again)))

;;; another-stands-between (before another-traps)
;; Three in a row, each of which catches.
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $hand-on (local.get $request) (local.get $out)))))

;;; stack-caught-where-memory-grows
;; What the host is asked before a memory grows finds no stack.
(func $deep (param $rest i32)
  (block $caught (try_table (catch_all $caught) (drop (memory.grow (i32.const 0))) (drop (memory.grow (i32.const 1)))))
  (call $deep (i32.const 0)))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $deep (i32.const 0))))
  (call $answer (local.get $out) (i32.const 200)))

;;; stack-caught-where-a-table-grows
(table $table 0 funcref)
(func $deep (param $rest i32)
  (block $caught (try_table (catch_all $caught) (drop (table.grow $table (ref.null func) (i32.const 1)))))
  (call $deep (i32.const 0)))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $deep (i32.const 0))))
  (call $answer (local.get $out) (i32.const 200)))

;;; host-trap-in-tail-position
(func $trap (param $len i64) (param $to i32) (return_call $get-random-bytes (local.get $len) (local.get $to)))
(func $attack (param $request i32) (param $out i32)
  (block $caught (try_table (catch_all $caught) (call $trap (i64.const -1) (i32.const 0))))
  (call $answer (local.get $out) (i32.const 200)))

;;; host-trap-behind-many-handlers
;; Each function of a deep stack has one, of each kind.
(tag $tag)
(func $deep (param $rest i32)
  (if (i32.eqz (local.get $rest)) (then (call $get-random-bytes (i64.const -1) (i32.const 0))))
  (block $all (block $reference (result exnref)
    (try_table (catch $tag $all) (catch_all_ref $reference) (call $deep (i32.sub (local.get $rest) (i32.const 1))))
    (br $all))
    (drop)))
(func $attack (param $request i32) (param $out i32)
  (call $deep (i32.const 500))
  (call $answer (local.get $out) (i32.const 200)))
