//! `?code=N`: replies with that status if `set-status-code` takes it, else 500 `refused`.

use common::*;

guest!(status);

fn status(request: IncomingRequest, out: ResponseOutparam) {
    let code = Query::of(&request).number("code").unwrap_or(200);
    let code = u16::try_from(code).unwrap_or(u16::MAX);
    let probe = OutgoingResponse::new(Fields::new());
    match probe.set_status_code(code) {
        Ok(()) => reply(out, code, &format!("status {code}\n")),
        Err(()) => reply(out, 500, "refused\n"),
    }
}
