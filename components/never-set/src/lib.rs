//! Returns without ever setting a response; the outparam's handle is left where it is.

use common::*;

guest!(never_set);

fn never_set(_request: IncomingRequest, out: ResponseOutparam) {
    std::mem::forget(out);
}
