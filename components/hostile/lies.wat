;; Components that lie about types inside of themselves. Each is a component of its own, around which stands nothing but `(component …)` and,
;; unless its name begins with `bare`, a handler that is right: `$request` and `$outparam` are its resources.

;;; bare-handler-of-numbers
(core module $m (func (export "handle") (param i32 i32)))
(core instance $i (instantiate $m))
(func $handle (param "request" u32) (param "response-out" u32) (canon lift (core func $i "handle")))
(instance $h (export "handle" (func $handle)))
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; bare-handler-of-its-own-resources
(type $request' (resource (rep i32))) (type $outparam' (resource (rep i32)))
(export $request "request" (type $request')) (export $outparam "outparam" (type $outparam'))
(core module $m (func (export "handle") (param i32 i32)))
(core instance $i (instantiate $m))
(func $handle (param "request" (own $request)) (param "response-out" (own $outparam)) (canon lift (core func $i "handle")))
(instance $h (export "handle" (func $handle)))
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; bare-handler-of-swapped-resources
(import "wasi:http/types@0.2.12" (instance $types
  (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
(alias export $types "response-outparam" (type $request)) (alias export $types "incoming-request" (type $outparam))
(core module $m (func (export "handle") (param i32 i32)))
(core instance $i (instantiate $m))
(func $handle (param "request" (own $request)) (param "response-out" (own $outparam)) (canon lift (core func $i "handle")))
(instance $h (export "handle" (func $handle)))
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; bare-handler-of-another-resource
(import "wasi:http/types@0.2.12" (instance $types
  (export "incoming-response" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
(alias export $types "incoming-response" (type $request)) (alias export $types "response-outparam" (type $outparam))
(core module $m (func (export "handle") (param i32 i32)))
(core instance $i (instantiate $m))
(func $handle (param "request" (own $request)) (param "response-out" (own $outparam)) (canon lift (core func $i "handle")))
(instance $h (export "handle" (func $handle)))
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; bare-handler-of-borrows
(import "wasi:http/types@0.2.12" (instance $types
  (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
(alias export $types "incoming-request" (type $request)) (alias export $types "response-outparam" (type $outparam))
(core module $m (func (export "handle") (param i32 i32)))
(core instance $i (instantiate $m))
(func $handle (param "request" (borrow $request)) (param "response-out" (own $outparam)) (canon lift (core func $i "handle")))
(instance $h (export "handle" (func $handle)))
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; bare-handler-that-returns
(import "wasi:http/types@0.2.12" (instance $types
  (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
(alias export $types "incoming-request" (type $request)) (alias export $types "response-outparam" (type $outparam))
(core module $m (func (export "handle") (param i32 i32) (result i32) i32.const 0))
(core instance $i (instantiate $m))
(func $handle (param "request" (own $request)) (param "response-out" (own $outparam)) (result u32) (canon lift (core func $i "handle")))
(instance $h (export "handle" (func $handle)))
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; bare-handler-that-is-no-instance
(core module $m (func (export "handle")))
(core instance $i (instantiate $m))
(func $handle (canon lift (core func $i "handle")))
(export "wasi:http/incoming-handler@0.2.12" (func $handle))

;;; bare-handler-without-handle
(instance $h)
(export "wasi:http/incoming-handler@0.2.12" (instance $h))

;;; second-handler-of-numbers
(core module $m2 (func (export "handle") (param i32 i32)))
(core instance $i2 (instantiate $m2))
(func $handle2 (param "request" u32) (param "response-out" u32) (canon lift (core func $i2 "handle")))
(instance $h2 (export "handle" (func $handle2)))
(export "wasi:http/incoming-handler@0.2.3" (instance $h2))

;;; pollable-for-an-error
(import "wasi:io/error@0.2.12" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $error-type))
(import "wasi:io/poll@0.2.12" (instance
  (export "pollable" (type $p (eq $error-type)))
  (export "[method]pollable.block" (func (param "self" (borrow $p))))))

;;; fields-of-one-version-for-another-resource-of-another
(import "wasi:io/poll@0.2.0" (instance $old (export "pollable" (type (sub resource)))))
(alias export $old "pollable" (type $pollable))
(import "wasi:io/error@0.2.12" (instance
  (export "error" (type $e (eq $pollable)))
  (export "[method]error.to-debug-string" (func (param "self" (borrow $e)) (result string)))))

;;; instance-instead-of-a-function
(import "wasi:io/poll@0.2.12" (instance (export "pollable" (type (sub resource))) (export "poll" (instance))))

;;; type-instead-of-a-resource
(import "wasi:io/poll@0.2.12" (instance (type $t (record (field "a" u32))) (export "pollable" (type (eq $t)))))

;;; resource-of-a-type
(import "wasi:http/types@0.2.3" (instance (export "error-code" (type (sub resource)))))

;;; argument-of-another-function
(component $inner (import "f" (func (param "a" string))))
(core module $m2 (func (export "f") (param i32)))
(core instance $i2 (instantiate $m2))
(func $f (param "a" u32) (canon lift (core func $i2 "f")))
(instance (instantiate $inner (with "f" (func $f))))

;;; argument-of-another-resource
(import "wasi:io/poll@0.2.12" (instance $poll (export "pollable" (type (sub resource)))
  (export "[method]pollable.block" (func (param "self" (borrow 0))))))
(component $inner
  (import "r" (type $r (sub resource)))
  (import "f" (func (param "self" (borrow $r)))))
(alias export $poll "[method]pollable.block" (func $block))
(instance (instantiate $inner (with "r" (type $request)) (with "f" (func $block))))

;;; argument-instance-with-another-function
(component $inner (import "i" (instance (export "f" (func (result string))))))
(core module $m2 (func (export "f") (result i32) i32.const 0))
(core instance $i2 (instantiate $m2))
(func $f (result u32) (canon lift (core func $i2 "f")))
(instance $with (export "f" (func $f)))
(instance (instantiate $inner (with "i" (instance $with))))

;;; argument-component-that-takes-more
(component $inner (import "c" (component)))
(component $asks (import "f" (func)))
(instance (instantiate $inner (with "c" (component $asks))))

;;; argument-that-is-missing
(component $inner (import "f" (func)))
(instance (instantiate $inner))

;;; argument-type-of-another-record
(type $given (record (field "a" u32)))
(component $inner (type $wanted (record (field "a" string))) (import "t" (type (eq $wanted))))
(instance (instantiate $inner (with "t" (type $given))))

;;; core-argument-of-another-function
(core module $needs (import "a" "f" (func (param i64))))
(core module $m2 (func (export "f") (param i32)))
(core instance $i2 (instantiate $m2))
(core instance (instantiate $needs (with "a" (instance $i2))))

;;; core-argument-of-a-smaller-memory
(core module $needs (import "a" "m" (memory 2)))
(core module $m2 (memory (export "m") 1))
(core instance $i2 (instantiate $m2))
(core instance (instantiate $needs (with "a" (instance $i2))))

;;; lift-of-another-core-function
(core module $m2 (func (export "f") (param i32)))
(core instance $i2 (instantiate $m2))
(func (param "a" u64) (canon lift (core func $i2 "f")))

;;; lift-without-memory
(core module $m2 (func (export "f") (param i32 i32)))
(core instance $i2 (instantiate $m2))
(func (param "a" string) (canon lift (core func $i2 "f")))

;;; lift-with-a-realloc-of-another-type
(core module $m2 (memory (export "m") 1) (func (export "f") (param i32 i32)) (func (export "r") (param i32) (result i32) i32.const 0))
(core instance $i2 (instantiate $m2))
(func (param "a" string) (canon lift (core func $i2 "f") (memory (core memory $i2 "m")) (realloc (core func $i2 "r"))))

;;; destructor-of-another-type
(core module $m2 (func (export "d") (param i64)))
(core instance $i2 (instantiate $m2))
(type (resource (rep i32) (dtor (core func $i2 "d"))))

;;; rep-of-a-resource-of-the-host
(core func (canon resource.rep $request))

;;; new-of-a-resource-of-the-host
(core func (canon resource.new $outparam))

;;; rep-of-a-resource-of-a-nested-component
(component $inner (type $r' (resource (rep i32))) (export "r" (type $r')))
(instance $n (instantiate $inner))
(alias export $n "r" (type $r))
(core func (canon resource.rep $r))

;;; two-instances-of-a-resource
(component $inner
  (type $r' (resource (rep i32))) (export $r "r" (type $r'))
  (core module $m (func (export "f") (param i32)))
  (core instance $i (instantiate $m))
  (func $f (param "a" (own $r)) (canon lift (core func $i "f")))
  (export "f" (func $f)))
(component $user (import "r" (type $r (sub resource))) (import "f" (func (param "a" (own $r)))))
(instance $one (instantiate $inner)) (instance $two (instantiate $inner))
(instance (instantiate $user (with "r" (type $one "r")) (with "f" (func $two "f"))))

;;; outer-resource
(component (alias outer 1 $request (type)))

;;; export-with-a-type-that-it-is-not
(core module $m2 (func (export "f") (param i32)))
(core instance $i2 (instantiate $m2))
(func $f (param "a" u32) (canon lift (core func $i2 "f")))
(export "f" (func $f) (func (param "a" s32)))

;;; alias-of-what-is-not-exported
(import "wasi:io/poll@0.2.12" (instance $poll (export "pollable" (type (sub resource)))))
(alias export $poll "poll" (func))

;;; alias-of-another-sort
(import "wasi:io/poll@0.2.12" (instance $poll (export "pollable" (type (sub resource)))))
(alias export $poll "pollable" (func))

;;; method-of-another-resource
(import "wasi:io/error@0.2.12" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $error-type))
(import "wasi:io/poll@0.2.12" (instance
  (alias outer 1 $error-type (type $e))
  (export "pollable" (type (sub resource)))
  (export "[method]pollable.block" (func (param "self" (borrow $e))))))

;;; poll-that-takes-its-pollables
(import "wasi:io/poll@0.2.12" (instance
  (export "pollable" (type $p (sub resource)))
  (export "poll" (func (param "in" (list (own $p))) (result (list u32))))))

;;; poll-of-one-pollable
(import "wasi:io/poll@0.2.12" (instance
  (export "pollable" (type $p (sub resource)))
  (export "poll" (func (param "in" (borrow $p)) (result (list u32))))))

;;; block-that-never-waits
(import "wasi:io/poll@0.2.12" (instance
  (export "pollable" (type $p (sub resource)))
  (export "[method]pollable.block" (func (param "self" (borrow $p)) (result bool)))))

;;; stream-error-in-another-order
(import "wasi:io/error@0.2.12" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $error-type))
(import "wasi:io/streams@0.2.12" (instance
  (alias outer 1 $error-type (type $outer))
  (export "error" (type $e (eq $outer)))
  (export "output-stream" (type $s (sub resource)))
  (type $variant (variant (case "closed") (case "last-operation-failed" (own $e))))
  (export "stream-error" (type $stream-error (eq $variant)))
  (export "[method]output-stream.check-write" (func (param "self" (borrow $s)) (result (result u64 (error $stream-error)))))))

;;; bytes-as-text
(import "wasi:random/random@0.2.12" (instance
  (export "get-random-bytes" (func (param "len" u64) (result string)))))

;;; environment-as-records
(import "wasi:cli/environment@0.2.12" (instance
  (type $record (record (field "name" string) (field "value" string)))
  (export "variable" (type $variable (eq $record)))
  (export "get-environment" (func (result (list $variable))))))
