;;; tree
;; Of calls, sixty deep: neither a loop nor a circle.
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60)
(func $attack (param i32 i32) (call $tree0))

;;; tree-that-comes-before
;; As tree, with each function before the one that calls it.
(func $tree0)
(times 60 (func $tree#+1 (call $tree#) (call $tree#)))
(func $attack (param i32 i32) (call $tree60))

;;; tree-by-table
(type $tree (func))
(table 61 funcref)
(elem (i32.const 0)
(times 61 $tree#)
)
(times 60 (func $tree# (call_indirect (type $tree) (i32.const #+1)) (call_indirect (type $tree) (i32.const #+1))))
(func $tree60)
(func $attack (param i32 i32) (call $tree0))

;;; tree-by-reference
(type $tree (func))
(elem declare func
(times 61 $tree#)
)
(times 60 (func $tree# (type $tree) (call_ref $tree (ref.func $tree#+1)) (call_ref $tree (ref.func $tree#+1))))
(func $tree60 (type $tree))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-tail-calls
(times 60 (func $tree# (call $tree#+1) (return_call $tree#+1)))
(func $tree60)
(func $attack (param i32 i32) (call $tree0))

;;; tree-in-blocks
;; Each way past a check of the other way is as long.
(times 60 (func $tree# (param i32) (block $out (br_if $out (i32.eqz (local.get 0))) (loop (nop)) (return)) (call $tree#+1 (i32.const 0)) (call $tree#+1 (i32.const 0))))
(func $tree60 (param i32))
(func $attack (param i32 i32) (call $tree0 (i32.const 0)))

;;; tail-calls-in-a-circle
(func $one (param i32) (return_call $other (local.get 0)))
(func $other (param i32) (return_call $one (local.get 0)))
(func $attack (param i32 i32) (call $one (i32.const 0)))

;;; tree-of-branch-tables
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60 (block (block (block (block (br_table 0 1 2 3 (i32.const 2)))))) (block (block (br_table 1 0 (i32.const 9)))))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-throws
(tag $tag)
(times 60 (func $tree# (block $caught (try_table (catch $tag $caught) (call $tree#+1))) (block $caught (try_table (catch_all $caught) (call $tree#+1)))))
(func $tree60 (throw $tag))
(func $attack (param i32 i32) (call $tree0))

;;; tree-that-catches-where-it-ends
(tag $tag)
(times 60 (func $tree# (block $caught (try_table (catch $tag $caught) (call $tree#+1))) (try_table (catch_all 0) (call $tree#+1))))
(func $tree60 (throw $tag))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-fills
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60 (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-short-fills
;; Each as long as one may be without a check.
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60 (memory.fill (i32.const 0) (i32.const 1) (i32.const 4096)))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-growth
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60 (drop (memory.grow (i32.const 0))) (drop (memory.grow (i32.const 65536))))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-host-calls
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60 (call $drop-fields (call $fields)))
(func $attack (param i32 i32) (call $tree0))

;;; tree-of-recursion
;; What returns from a deep stack does much before it returns.
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60 (drop (call $deep (i32.const 3000))))
(global $sum (mut i32) (i32.const 1))
(func $deep (param $left i32) (result i32)
  (if (local.get $left) (then (drop (call $deep (i32.sub (local.get $left) (i32.const 1))))))
(times 300 (global.set $sum (i32.or (i32.const 1) (i32.div_u (i32.const 77777777) (global.get $sum)))))
  (global.get $sum))
(func $attack (param i32 i32) (call $tree0))

;;; fills-of-a-mebibyte
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 16)))
(times 20000 (memory.fill (i32.const 65536) (i32.const 1) (i32.const 1048576)))
)

;;; fills-of-64-kib
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 2)))
(times 100 (call $fills))
)
(func $fills
(times 10000 (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65535)) (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65536)) (memory.fill (i32.const 65536) (i32.const 1) (i32.const 65537)))
)

;;; copies-that-overlap
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 32)))
(times 5000 (memory.copy (i32.const 65537) (i32.const 65536) (i32.const 1048576)) (memory.copy (i32.const 65536) (i32.const 65537) (i32.const 1048577)))
)

;;; data-again-and-again
(data $data
(times 1000 "0123456789012345678901234567890123456789012345678901234567890123")
)
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 2)))
(times 100 (call $inits))
)
(func $inits
(times 10000 (memory.init $data (i32.const 65536) (i32.const 0) (i32.const 64000)))
)

;;; tables-copied
(table $one 0 funcref)
(table $other 0 funcref)
(func $attack (param i32 i32)
  (drop (table.grow $one (ref.null func) (i32.const 49000)))
  (drop (table.grow $other (ref.null func) (i32.const 49000)))
(times 5000 (table.copy $one $other (i32.const 0) (i32.const 0) (i32.const 49000)))
)

;;; tables-filled
(table $one 0 funcref)
(elem declare func $attack)
(func $attack (param i32 i32)
  (drop (table.grow $one (ref.null func) (i32.const 98000)))
(times 5000 (table.fill $one (i32.const 0) (ref.func $attack) (i32.const 98000)))
)

;;; tables-initialised
(table $one 20000 funcref)
(elem $functions func
(times 20000 $attack)
)
(func $attack (param i32 i32)
(times 5000 (table.init $one $functions (i32.const 0) (i32.const 0) (i32.const 20000)))
)

;;; host-calls-in-a-row
;; Each makes 16 MiB of random bytes.
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 256)))
(times 200 (call $get-random-bytes (i64.const 16777216) (i32.const 0)))
)

;;; host-calls-by-table
(type $get (func (param i64 i32)))
(table 1 funcref)
(elem (i32.const 0) $get-random-bytes)
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 256)))
(times 200 (call_indirect (type $get) (i64.const 16777216) (i32.const 0) (i32.const 0)))
)

;;; host-calls-in-tail-position
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
(func $get (return_call $get-random-bytes (i64.const 16777216) (i32.const 0)))
(func $attack (param i32 i32)
  (drop (memory.grow (i32.const 256)))
(times 200 (call $get))
)

;;; realloc-tree
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60)
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $tree0) (i32.const 0))
(func $attack (param i32 i32)
  (call $get-random-bytes (i64.const 64) (i32.const 0)))

;;; post-return-tree
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60)
(func (export "cabi_post_wasi:http/incoming-handler@0.2.12#handle") (call $tree0))
(func $attack (param $request i32) (param $out i32)
  (call $answer (local.get $out) (i32.const 200)))

;;; destructor-tree (resources)
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60)
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param i32) (call $tree0))
(func $attack (param i32 i32)
  (call $drop-thing (call $new-thing (i32.const 0))))

;;; tree-of-destructors (resources)
;; Each drops two more.
(global $left (mut i32) (i32.const 0))
(func (export "hostile:guest/things#[constructor]thing") (result i32) (call $new-thing (i32.const 0)))
(func (export "hostile:guest/things#[dtor]thing") (param $left i32)
  (if (i32.eqz (local.get $left)) (then (return)))
  (call $drop-thing (call $new-thing (i32.sub (local.get $left) (i32.const 1))))
  (call $drop-thing (call $new-thing (i32.sub (local.get $left) (i32.const 1)))))
(func $attack (param i32 i32)
  (call $drop-thing (call $new-thing (i32.const 60))))

;;; start-tree
(times 60 (func $tree# (call $tree#+1) (call $tree#+1)))
(func $tree60)
(func (export "_initialize") (call $tree0))
(func $attack (param i32 i32))

;;; arrays
;; Each as long as may be.
(type $array (array (mut i64)))
(func $attack (param i32 i32)
  (local $array (ref null $array))
  (local.set $array (array.new_default $array (i32.const 4194304)))
(times 2000 (array.copy $array $array (local.get $array) (i32.const 0) (local.get $array) (i32.const 1) (i32.const 4194303)) (array.fill $array (local.get $array) (i32.const 0) (i64.const 1) (i32.const 4194304)))
)

;;; array-beyond-the-bound
(type $array (array (mut i64)))
(func $attack (param i32 i32)
  (drop (array.new_default $array (i32.const 50000000))))

;;; calls-of-what-was-not-compiled
;; Two thousand functions that return at once, each of which V8 compiles first: one takes it half a millisecond.
(func $attack (param $request i32) (param $out i32)
(times 2000 (call $f# (i32.const 0)))
  (call $answer (local.get $out) (i32.const 200)))
(times 2000 (func $f# (param $go i32) (br_if 0 (i32.eqz (local.get $go))) (call $values) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (call $much) (br 0)))
(func $values (export "values") (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) unreachable)
(func $much (export "much") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) unreachable)

;;; throws-through-a-deep-stack
(tag $tag)
(func $deep (param $rest i32)
  (if (i32.eqz (local.get $rest)) (then (throw $tag)))
  (call $deep (i32.sub (local.get $rest) (i32.const 1))))
(func $attack (param i32 i32)
  (loop $again
    (block $caught (try_table (catch_all $caught) (call $deep (i32.const 5000))))
    (br $again)))

;;; throws-past-handlers-of-others
(tag $tag) (tag $other)
(func $deep (param $rest i32)
  (if (i32.eqz (local.get $rest)) (then (throw $tag)))
  (block $caught (try_table (catch $other $caught) (call $deep (i32.sub (local.get $rest) (i32.const 1))))))
(func $attack (param i32 i32)
  (loop $again
    (block $caught (try_table (catch_all $caught) (call $deep (i32.const 3000))))
    (br $again)))

;;; throws-again-in-each-function
(tag $tag)
(func $deep (param $rest i32)
  (if (i32.eqz (local.get $rest)) (then (throw $tag)))
  (block $caught (result exnref)
    (try_table (catch_all_ref $caught) (call $deep (i32.sub (local.get $rest) (i32.const 1))))
    (return))
  (throw_ref))
(func $attack (param i32 i32)
  (loop $again
    (block $caught (try_table (catch_all $caught) (call $deep (i32.const 3000))))
    (br $again)))

;;; functions-put-into-tables
;; V8 makes something of each that is put there for the first time.
(table $table 2000 funcref)
(elem declare func
(times 2000 $f#)
)
(times 2000 (func $f#))
(func $attack (param i32 i32)
  (loop $again
(times 2000 (table.set $table (i32.const #) (ref.func $f#)))
    (br $again)))

;;; segment-of-which-one-is-used
;; V8 evaluates all of it at once.
(table $table 1 funcref)
(elem $segment funcref
(times 600000 (ref.func $attack))
)
(func $attack (param $request i32) (param $out i32)
  (table.init $table $segment (i32.const 0) (i32.const 0) (i32.const 1))
  (call $answer (local.get $out) (i32.const 200)))

;;; large-structs
(type $large (struct (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128) (field v128)))
(func $attack (param i32 i32)
  (loop $again
(times 60 (drop (struct.new_default $large)))
    (br $again)))

;;; arrays-of-a-segment
(type $list (array (mut funcref)))
(elem $segment func
(times 90000 $attack)
)
(func $attack (param i32 i32)
  (loop $again
    (drop (array.new_elem $list $segment (i32.const 0) (i32.const 90000)))
    (br $again)))
