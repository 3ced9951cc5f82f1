//! Drops the outparam instead of setting a response.

use common::*;

guest!(drop_outparam);

fn drop_outparam(_request: IncomingRequest, out: ResponseOutparam) {
    drop(out);
}
