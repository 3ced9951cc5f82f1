//! Traps before it has set a response.

use common::*;

guest!(trap_before);

fn trap_before(_request: IncomingRequest, _out: ResponseOutparam) {
    core::arch::wasm32::unreachable();
}
