;;; grow-memory
;; 200 where it ends at 8192 pages, all of which are written.
(func $attack (param $request i32) (param $out i32)
  (loop $again (br_if $again (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
  (memory.fill (i32.const 65536) (i32.const 1) (i32.const 0x1fff0000))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599) (i32.eq (memory.size) (i32.const 8192)))))

;;; grow-table
;; 200 where it ends at 100,000 elements, with those of tables that jco's glue has for itself.
(table $table 10 funcref)
(func $attack (param $request i32) (param $out i32)
  (loop $again (br_if $again (i32.ne (i32.const -1) (table.grow $table (ref.null func) (i32.const 10)))))
  (call $answer (local.get $out) (select (i32.const 200) (i32.const 599)
    (i32.le_u (i32.sub (i32.const 100000) (table.size $table)) (i32.const 100)))))

;;; copy-memory
;; Half of 8192 pages to the other half, then all but a byte on by one, which overlaps, and back.
(func $attack (param $request i32) (param $out i32)
  (drop (memory.grow (i32.const 8190)))
  (memory.copy (i32.const 0x10000000) (i32.const 0) (i32.const 0x10000000))
  (memory.copy (i32.const 1) (i32.const 0) (i32.const 0x1fffffff))
  (memory.copy (i32.const 0) (i32.const 1) (i32.const 0x1fffffff))
  (call $answer (local.get $out) (i32.const 200)))

;;; fill-tables
;; Each instruction writes half of what the tables of an instance may hold together.
(table $one 0 funcref)
(table $other 0 funcref)
(elem declare func $attack)
(func $attack (param $request i32) (param $out i32)
  (local $size i32)
  (loop $again
    (drop (table.grow $one (ref.null func) (i32.const 1000)))
    (br_if $again (i32.lt_u (table.size $one) (i32.const 49000))))
  (local.set $size (table.size $one))
  (if (i32.eq (i32.const -1) (table.grow $other (ref.null func) (local.get $size))) (then (unreachable)))
  (table.fill $one (i32.const 0) (ref.func $attack) (local.get $size))
  (table.copy $other $one (i32.const 0) (i32.const 0) (local.get $size))
  (table.copy $one $one (i32.const 1) (i32.const 0) (i32.sub (local.get $size) (i32.const 1)))
  (call $answer (local.get $out) (i32.const 200)))

;;; recurse
(func $deep (param i32) (result i32)
  (i32.add (i32.const 1) (call $deep (local.get 0))))
(func $attack (param i32 i32)
  (drop (call $deep (i32.const 0))))

;;; recurse-at-start
;; On the stack of the host, where it has not been switched.
(func $deep (param i32) (result i32)
  (i32.add (i32.const 1) (call $deep (local.get 0))))
(func (export "_initialize") (drop (call $deep (i32.const 0))))
(func $attack (param i32 i32))

;;; recurse-with-calls
;; Calls the host at each depth.
(func $deep (param i32) (result i32)
  (call $drop-fields (call $fields.clone (local.get 0)))
  (i32.add (i32.const 1) (call $deep (local.get 0))))
(func $attack (param i32 i32)
  (drop (call $deep (call $fields))))

;;; recurse-with-waits
;; Waits at each depth.
(func $deep (param i32) (result i32)
  (call $pollable.block (call $subscribe-duration (i64.const 0)))
  (i32.add (i32.const 1) (call $deep (local.get 0))))
(func $attack (param i32 i32)
  (drop (call $deep (i32.const 0))))

;;; trap-at-start
(func (export "_initialize") unreachable)
(func $attack (param i32 i32))

;;; poll-nothing
(func $attack (param i32 i32)
  (call $poll (i32.const 0) (i32.const 0) (i32.const 0)))

;;; poll-one-million-times-the-same
(func $attack (param $request i32) (param $out i32)
  (local $list i32) (local $at i32) (local $pollable i32)
  (local.set $list (call $alloc (i32.const 4000000)))
  (local.set $at (local.get $list))
  (local.set $pollable (call $subscribe-duration (i64.const 1000000)))
  (loop $next
    (i32.store (local.get $at) (local.get $pollable))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.add (local.get $list) (i32.const 4000000)))))
  (call $poll (local.get $list) (i32.const 1000000) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; poll-90000-timers
(func $attack (param $request i32) (param $out i32)
  (local $list i32) (local $at i32)
  (local.set $list (call $alloc (i32.const 360000)))
  (local.set $at (local.get $list))
  (loop $next
    (i32.store (local.get $at) (call $subscribe-duration (i64.const 1000000)))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.add (local.get $list) (i32.const 360000)))))
  (call $poll (local.get $list) (i32.const 90000) (i32.const 0))
  (call $answer (local.get $out) (i32.const 200)))

;;; set-twice
(func $attack (param $request i32) (param $out i32)
  (call $answer (local.get $out) (i32.const 200))
  (call $answer (local.get $out) (i32.const 200)))

;;; recurse-across-host (resources)
;; The destructor of a thing makes another and drops it.
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func $drop (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $drop-thing (call $new-thing (i32.const 0))))
(func $attack (param i32 i32)
  (call $drop (i32.const 0)))

;;; recurse-across-host-at-start (resources)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func $drop (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $drop-thing (call $new-thing (i32.const 0))))
(func (export "_initialize") (call $drop (i32.const 0)))
(func $attack (param i32 i32))

;;; recurse-across-host-with-waits (resources)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func $drop (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $pollable.block (call $subscribe-duration (i64.const 0)))
  (call $drop-thing (call $new-thing (i32.const 0))))
(func $attack (param i32 i32)
  (call $drop (i32.const 0)))

;;; destructor-waits-for-ever (resources)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32)
  (call $pollable.block (call $subscribe-duration (i64.const -1))))
(func $attack (param i32 i32)
  (call $drop-thing (call $new-thing (i32.const 0))))

;;; many-stacks-for-ever (resources)
;; Destructors inside of each other, the innermost of which waits.
(global $depth (mut i32) (i32.const 14))
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32)
  (if (local.tee 0 (global.get $depth))
    (then
      (global.set $depth (i32.sub (local.get 0) (i32.const 1)))
      (call $drop-thing (call $new-thing (i32.const 0))))
    (else (call $pollable.block (call $subscribe-duration (i64.const -1))))))
(func $attack (param i32 i32)
  (call $drop-thing (call $new-thing (i32.const 0))))

;;; loop-before-the-head
(func $attack (param i32 i32)
  (loop $again (br $again)))

;;; loop-after-the-head
(func $attack (param $request i32) (param $out i32)
  (drop (call $answer-body (local.get $out)))
  (loop $again (br $again)))

;;; loop-at-start
(func (export "_initialize") (loop $again (br $again)))
(func $attack (param i32 i32))

;;; loop-in-post-return
(func (export "cabi_post_wasi:http/incoming-handler@0.2.12#handle") (loop $again (br $again)))
(func $attack (param $request i32) (param $out i32)
  (call $answer (local.get $out) (i32.const 200)))

;;; loop-in-a-destructor (resources)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32) (loop $again (br $again)))
(func $attack (param i32 i32)
  (call $drop-thing (call $new-thing (i32.const 0))))

;;; loop-in-memory
;; Writes 512 MiB in one instruction, which nothing interrupts, again and again.
(func $attack (param i32 i32)
  (loop $grow (br_if $grow (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
  (loop $again
    (memory.fill (i32.const 65536) (i32.const 1) (i32.const 0x1fff0000))
    (br $again)))
