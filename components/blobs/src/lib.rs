//! To be written.

use common::*;

guest!(unwritten);

fn unwritten(_request: IncomingRequest, out: ResponseOutparam) {
    reply(out, 501, "not written yet\n");
}
