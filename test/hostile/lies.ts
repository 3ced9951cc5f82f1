import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';

/** A handler that is what it says. */
export const HANDLER = `
  (import "wasi:http/types@0.2.12" (instance $types
    (export "incoming-request" (type (sub resource))) (export "response-outparam" (type (sub resource)))))
  (alias export $types "incoming-request" (type $request)) (alias export $types "response-outparam" (type $outparam))
  (core module $m (func (export "handle") (param i32 i32)))
  (core instance $i (instantiate $m))
  (func $handle (param "request" (own $request)) (param "response-out" (own $outparam)) (canon lift (core func $i "handle")))
  (instance $h (export "handle" (func $handle)))
  (export "wasi:http/incoming-handler@0.2.12" (instance $h))`;

/** The component of a lie, with a correct handler, unless it has its own. */
export async function assembleLie(name: string, fields: string): Promise<Uint8Array> {
  return await parse(`(component ${name.startsWith('bare-') ? '' : HANDLER}\n${fields})`);
}

/** What is said of each component of components/hostile/lies.wat when it is refused. */
export const SAID_OF_LIES: Readonly<Record<string, RegExp>> = {
  'bare-handler-of-numbers':
    /incoming-handler@0\.2\.12.*its export "handle": parameter "request": expected own<incoming-request>, found u32/,
  'bare-handler-of-its-own-resources': /expected own<incoming-request>, found own<request>/,
  'bare-handler-of-swapped-resources':
    /parameter "request": expected own<incoming-request>, found own<response-outparam>/,
  'bare-handler-of-another-resource': /expected own<incoming-request>, found own<incoming-response>/,
  'bare-handler-of-borrows': /expected own<incoming-request>, found borrow<incoming-request>/,
  'bare-handler-that-returns': /the result: expected none, found u32/,
  'bare-handler-that-is-no-instance': /expected instance, found func/,
  'bare-handler-without-handle': /it does not export "handle"/,
  'second-handler-of-numbers':
    /incoming-handler@0\.2\.3.*parameter "request": expected own<incoming-request>, found u32/,
  'pollable-for-an-error': /wasi:io\/poll@0\.2\.12#pollable .*expected resource pollable, found resource/,
  'fields-of-one-version-for-another-resource-of-another':
    /wasi:io\/error@0\.2\.12#error .*expected resource error, found resource/,
  'instance-instead-of-a-function': /wasi:io\/poll@0\.2\.12#poll .*expected func\(.*found instance/,
  'type-instead-of-a-resource': /#pollable .*expected resource pollable, found record/,
  'resource-of-a-type': /wasi:http\/types@0\.2\.3 does not define the resource error-code/,
  'argument-of-another-function':
    /the arguments of an instantiation do not match the imports: "f": parameter "a": expected string, found u32/,
  'argument-of-another-resource': /"f": parameter "self": expected borrow<r>, found borrow<pollable>/,
  'argument-instance-with-another-function': /"i": its export "f": the result: expected string, found u32/,
  'argument-component-that-takes-more': /"c": its imports: "f" is missing/,
  'argument-that-is-missing': /"f" is missing/,
  'argument-type-of-another-record': /"t": field "a": expected string, found u32/,
  'core-argument-of-another-function': /expected func \(i64\) -> \(\), found func \(i32\) -> \(\)/,
  'core-argument-of-a-smaller-memory': /expected memory of 2 or more, found memory of 1 or more/,
  'lift-of-another-core-function':
    /func\(a: u64\) is lifted from a core function \(i32\) -> \(\), expected \(i64\) -> \(\)/,
  'lift-without-memory': /the canonical option realloc is missing/,
  'lift-with-a-realloc-of-another-type': /a realloc function must take four i32 and return one/,
  'destructor-of-another-type': /a destructor must take an i32 and return nothing/,
  'rep-of-a-resource-of-the-host': /only allowed in the component that defines the resource/,
  'new-of-a-resource-of-the-host': /only allowed in the component that defines the resource/,
  'rep-of-a-resource-of-a-nested-component': /only allowed in the component that defines the resource/,
  'two-instances-of-a-resource': /"f": parameter "a": expected own<r>, found own<r>, which is a different resource/,
  'outer-resource': /an outer alias refers to a resource of the enclosing component/,
  'export-with-a-type-that-it-is-not':
    /the export "f" does not have its ascribed type: parameter "a": expected s32, found u32/,
  'alias-of-what-is-not-exported': /alias of an unknown func "poll"/,
  'alias-of-another-sort': /alias of an unknown func "pollable"/,
  'poll-that-takes-its-pollables': /parameter "in": list: expected borrow<pollable>, found own<pollable>/,
  'poll-of-one-pollable': /parameter "in": expected list<.*>, found borrow<pollable>/,
  'block-that-never-waits': /the result: expected none, found bool/,
  'stream-error-in-another-order':
    /expected variant \{ last-operation-failed\(own<error>\), closed \}, found variant \{ closed,/,
  'bytes-as-text': /the result: expected list<u8>, found string/,
  'environment-as-records': /the result: list: expected tuple<string, string>, found record/,
  'method-of-another-resource': /the export "\[method\]pollable\.block": its resource is not "pollable"/,
};
