import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { flattenFunctype, flattenTypes } from '../../src/abi/flatten.ts';
import type { ValType } from '../../src/abi/types.ts';
import { componentOfAll, readWitFuncs, type WitFunc } from '../harness/wit-funcs.ts';

const RELEASE = '0.2.12';

/** Where makers and calls store results, and the location of a list with one pollable. */
const RESULT = 512;
const LIST = 2048;

/** How a guest comes by a resource, in WAT that leaves the handle on the stack. `$…` are host functions, by their names. */
const MAKERS: Readonly<Record<string, string>> = {
  pollable: call('wasi:clocks/monotonic-clock#subscribe-duration', '(i64.const 0)'),
  'input-stream': call('wasi:cli/stdin#get-stdin'),
  'output-stream': call('wasi:cli/stdout#get-stdout'),
  fields: call('wasi:http/types#[constructor]fields'),
  network: call('wasi:sockets/instance-network#instance-network'),
  'request-options': call('wasi:http/types#[constructor]request-options'),
  'outgoing-request': call('wasi:http/types#[constructor]outgoing-request', make('fields')),
  'outgoing-response': call('wasi:http/types#[constructor]outgoing-response', make('fields')),
  'outgoing-body': payload('wasi:http/types#[method]outgoing-response.body', make('outgoing-response')),
  'incoming-request': '(local.get $request)',
  'response-outparam': '(global.set $given (i32.const 1)) (local.get $out)',
  'incoming-body': payload('wasi:http/types#[method]incoming-request.consume', '(local.get $request)'),
  'future-trailers': call('wasi:http/types#[static]incoming-body.finish', make('incoming-body')),
  'future-incoming-response': `(call $send)`,
  'incoming-response': `(call $response)`,
  bucket: payload('wasi:keyvalue/store#open', '(i32.const 0)', '(i32.const 0)'),
  store: payload('fermyon:spin/key-value#[static]store.open', '(i32.const 8192) (i32.const 7)'),
  container: '(call $things)',
  'stream-object-names': payload('wasi:blobstore/container#[method]container.list-objects', '(call $things)'),
  'outgoing-value': call('wasi:blobstore/types#[static]outgoing-value.new-outgoing-value'),
  'incoming-value': '(call $value)',
  error: '(call $error)',
};

/** A call of a host function. */
function call(name: string, ...args: readonly string[]): string {
  return `(call ${id(name)} ${args.join(' ')})`;
}

/** The payload of the `ok` of a host function's result, at offset 4. */
function payload(name: string, ...args: readonly string[]): string {
  return `${call(name, ...args, `(i32.const ${RESULT})`)} (i32.load (i32.const ${RESULT + 4}))`;
}

function make(resource: string): string {
  return `(call $make-${resource} (local.get $request) (local.get $out))`;
}

function id(name: string): string {
  return `$${name.replaceAll(/[^\w.-]/g, '_')}`;
}

/** What is called when, besides the function in the request's path. */
const FIXED = `
(memory (export "memory") 2)
(global $heap (mut i32) (i32.const 65536))
(global $given (mut i32) (i32.const 0))
(global $authority (mut i32) (i32.const 0))
(global $authority-length (mut i32) (i32.const 0))
(global $stream (mut i32) (i32.const 0))

(func $realloc (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (block $fits
    (br_if $fits (i32.le_u (global.get $heap) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1) (i32.shr_u (local.get $size) (i32.const 16)))))
      (then unreachable)))
  (local.get $at))

;; A request to the authority behind the number in the path.
(func $send (result i32)
  (local $request i32)
  (local.set $request ${call('wasi:http/types#[constructor]outgoing-request', call('wasi:http/types#[constructor]fields'))})
  (drop ${call('wasi:http/types#[method]outgoing-request.set-scheme', '(local.get $request) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)')})
  (drop ${call('wasi:http/types#[method]outgoing-request.set-authority', '(local.get $request) (i32.const 1) (global.get $authority) (global.get $authority-length)')})
  ;; The slash before the authority.
  (drop ${call('wasi:http/types#[method]outgoing-request.set-path-with-query', '(local.get $request) (i32.const 1) (i32.sub (global.get $authority) (i32.const 1)) (i32.const 1)')})
  ${call('wasi:http/outgoing-handler#handle', `(local.get $request) (i32.const 0) (i32.const 0) (i32.const ${RESULT})`)}
  (i32.load (i32.const ${RESULT + 8})))

(func $response (result i32)
  (local $future i32)
  (local.set $future (call $send))
  ${call('wasi:io/poll#[method]pollable.block', call('wasi:http/types#[method]future-incoming-response.subscribe', '(local.get $future)'))}
  ${call('wasi:http/types#[method]future-incoming-response.get', `(local.get $future) (i32.const ${RESULT})`)}
  (i32.load (i32.const ${RESULT + 24})))

;; Of a body that is longer than its content-length of 1.
(func $error (result i32)
  (local $fields i32) (local $response i32)
  (i32.store8 (i32.const 3072) (i32.const 49))
  (local.set $fields ${call('wasi:http/types#[constructor]fields')})
  ${call('wasi:http/types#[method]fields.append', `(local.get $fields) (i32.const 4096) (i32.const 14) (i32.const 3072) (i32.const 1) (i32.const ${RESULT})`)}
  (local.set $response ${call('wasi:http/types#[constructor]outgoing-response', '(local.get $fields)')})
  ${call('wasi:http/types#[method]outgoing-response.body', `(local.get $response) (i32.const ${RESULT})`)}
  ${call('wasi:http/types#[method]outgoing-body.write', `(i32.load (i32.const ${RESULT + 4})) (i32.const ${RESULT})`)}
  ${call('wasi:io/streams#[method]output-stream.write', `(i32.load (i32.const ${RESULT + 4})) (i32.const 4096) (i32.const 2) (i32.const ${RESULT})`)}
  (i32.load (i32.const ${RESULT + 8})))
(data (i32.const 4096) "content-length")
(data (i32.const 8192) "default")

;; A container without a name.
(func $things (result i32)
  ${call('wasi:blobstore/blobstore#create-container', `(i32.const 0) (i32.const 0) (i32.const ${RESULT})`)}
  ${payload('wasi:blobstore/blobstore#get-container', '(i32.const 0)', '(i32.const 0)')})

;; Of an empty object without a name in it.
(func $value (result i32)
  (local $things i32) (local $value i32)
  (local.set $things (call $things))
  (local.set $value ${call('wasi:blobstore/types#[static]outgoing-value.new-outgoing-value')})
  ${call('wasi:blobstore/container#[method]container.write-data', `(local.get $things) (i32.const 0) (i32.const 0) (local.get $value) (i32.const ${RESULT})`)}
  ${call('wasi:blobstore/types#[static]outgoing-value.finish', `(local.get $value) (i32.const ${RESULT})`)}
  ${payload('wasi:blobstore/container#[method]container.get-data', '(local.get $things)', '(i32.const 0) (i32.const 0) (i64.const 0) (i64.const 0)')})

(func $list (param $pollable i32) (result i32)
  (i32.store (i32.const ${LIST}) (local.get $pollable))
  (i32.const ${LIST}))

;; Answers with a body that it does not finish, and waits until all of it is out.
(func $answer-body (param $out i32)
  (local $response i32)
  (local.set $response ${call('wasi:http/types#[constructor]outgoing-response', call('wasi:http/types#[constructor]fields'))})
  ${call('wasi:http/types#[method]outgoing-response.body', `(local.get $response) (i32.const ${RESULT})`)}
  ${call('wasi:http/types#[method]outgoing-body.write', `(i32.load (i32.const ${RESULT + 4})) (i32.const ${RESULT})`)}
  (global.set $stream (i32.load (i32.const ${RESULT + 4})))
  (global.set $given (i32.const 1))
  ${call('wasi:http/types#[static]response-outparam.set', '(local.get $out) (i32.const 0) (local.get $response) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)')}
  ${call('wasi:io/streams#[method]output-stream.blocking-write-and-flush', `(global.get $stream) (i32.const 4096) (i32.const 4) (i32.const ${RESULT})`)})

(func $answer (param $out i32)
  ${call('wasi:http/types#[static]response-outparam.set', `(local.get $out) (i32.const 0) ${call('wasi:http/types#[constructor]outgoing-response', call('wasi:http/types#[constructor]fields'))} (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)`)})

;; The path: \`/N/AUTHORITY\`, or \`/aN/AUTHORITY\` for a call after the head is out.
(func (export "wasi:http/incoming-handler@${RELEASE}#handle") (param $request i32) (param $out i32)
  (local $at i32) (local $end i32) (local $number i32)
  ${call('wasi:http/types#[method]incoming-request.path-with-query', `(local.get $request) (i32.const ${RESULT})`)}
  (local.set $at (i32.add (i32.load (i32.const ${RESULT + 4})) (i32.const 1)))
  (local.set $end (i32.add (i32.load (i32.const ${RESULT + 4})) (i32.load (i32.const ${RESULT + 8}))))
  (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 97))
    (then
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (call $answer-body (local.get $out))))
  (loop $digits
    (local.set $number (i32.add (i32.mul (local.get $number) (i32.const 10)) (i32.sub (i32.load8_u (local.get $at)) (i32.const 48))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $digits (i32.ne (i32.load8_u (local.get $at)) (i32.const 47))))
  (global.set $authority (i32.add (local.get $at) (i32.const 1)))
  (global.set $authority-length (i32.sub (local.get $end) (global.get $authority)))
  (call_indirect (type $call) (local.get $request) (local.get $out) (local.get $number))
  (if (i32.eqz (global.get $given)) (then (call $answer (local.get $out)))))`;

/** Every function of WASI that a guest can call, and a guest that calls the one whose number its request's path names. */
export interface EveryFunction {
  readonly funcs: readonly WitFunc[];
  readonly component: Uint8Array;
}

export async function assembleEveryFunction(): Promise<EveryFunction> {
  const funcs = (await readWitFuncs()).filter(isReachable);
  const module = await parse(`(module
    (type $call (func (param $request i32) (param $out i32)))
    ${funcs.map(importOf).join('\n')}
    ${FIXED}
    ${Object.entries(MAKERS)
      .map(([resource, wat]) => `(func $make-${resource} (param $request i32) (param $out i32) (result i32) ${wat})`)
      .join('\n')}
    ${funcs.map(callOf).join('\n')}
    (table funcref (elem ${funcs.map((_func, index) => `$call${index}`).join(' ')}))
  )`);
  return { funcs, component: await componentOfAll(module) };
}

/** Functions that the guest calls before the head of its reply is out, whichever it is to call. */
const BEFORE_HEAD: ReadonlySet<string> = new Set([
  'wasi:http/types#[method]incoming-request.path-with-query',
  'wasi:http/types#[constructor]fields',
  'wasi:http/types#[constructor]outgoing-response',
  'wasi:http/types#[method]outgoing-response.body',
  'wasi:http/types#[method]outgoing-body.write',
  'wasi:http/types#[static]response-outparam.set',
]);

export function isCalledBeforeHead({ interfaceName, name }: WitFunc): boolean {
  return BEFORE_HEAD.has(`${interfaceName}#${name}`);
}

/** Whether a function cannot be called when the answer is given: that takes what it wants. */
export function takesOutparam({ type }: WitFunc): boolean {
  return type.params.some((param) => resourcesOf(param.type).includes('response-outparam'));
}

/** No guest ever holds what the others are methods of. */
function isReachable({ type }: WitFunc): boolean {
  return type.params.every((param) => resourcesOf(param.type).every((name) => name in MAKERS));
}

function resourcesOf(t: ValType): string[] {
  if (t.kind === 'own' || t.kind === 'borrow') return [t.resource.name];
  return t.kind === 'list' ? resourcesOf(t.element) : [];
}

function importOf({ interfaceName, version, name, type }: WitFunc): string {
  const { params, results } = flattenFunctype(type, 'lower');
  const signature = [...params.map((param) => `(param ${param})`), ...results.map((result) => `(result ${result})`)];
  return `(import "${interfaceName}@${version}" "${name}" (func ${id(`${interfaceName}#${name}`)} ${signature.join(' ')}))`;
}

/** Resources are created, everything else is zero: the first case, an empty string, none. */
function callOf({ interfaceName, name, type }: WitFunc, index: number): string {
  const { params, results } = flattenFunctype(type, 'lower');
  const args = type.params.flatMap((param) => argsOf(param.type));
  // The case `ok` of what is zero carries a resource.
  if (name === '[static]response-outparam.set') args[2] = make('outgoing-response');
  if (params.length > args.length) args.push(`(i32.const ${RESULT})`);
  return `(func $call${index} (type $call) (param $request i32) (param $out i32)
    ${call(`${interfaceName}#${name}`, ...args)} ${results.map(() => 'drop').join(' ')})`;
}

function argsOf(t: ValType): string[] {
  if (t.kind === 'own' || t.kind === 'borrow') return [make(t.resource.name)];
  const [listed] = resourcesOf(t);
  if (listed !== undefined) return [`(call $list ${make(listed)})`, '(i32.const 1)'];
  return flattenTypes([t]).map((flat) => `(${flat}.const 0)`);
}
