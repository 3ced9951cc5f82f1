//! `?url=U`: a streaming reverse proxy. Both bodies move at once, each as fast as its far end takes it.

mod pipe;

use common::*;
use pipe::{Pipe, wait_for_any};

guest!(proxy);

fn proxy(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let fields = allowed(&request.headers());
    let Some(outgoing) = request_to(query.get("url").unwrap_or_default(), &request.method(), fields) else {
        return reply_bad_url(out);
    };
    let outgoing_body = outgoing.body().expect("the first body");
    let future = match outgoing_handler::handle(outgoing, None) {
        Ok(future) => future,
        Err(error) => return reply_bad_gateway(out, &error),
    };
    let mut upload = Pipe::new(request.consume().expect("the first consume"), outgoing_body);
    match upload_until_head(&mut upload, &future) {
        Ok(response) => download(response, &mut upload, out),
        Err(error) => reply_bad_gateway(out, &error),
    }
}

/// A mutable copy of what may be sent on: the host has already stripped what may not.
fn allowed(fields: &Fields) -> Fields {
    fields.clone()
}

fn upload_until_head(upload: &mut Pipe, future: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        let blocked = upload.advance();
        if let Some(result) = future.get() {
            return result.expect("the first get");
        }
        wait_for_any(&[Some(&future.subscribe()), blocked.as_ref()]);
    }
}

fn download(response: IncomingResponse, upload: &mut Pipe, out: ResponseOutparam) {
    let outgoing = start(out, response.status(), allowed(&response.headers()));
    let mut download = Pipe::new(response.consume().expect("the first consume"), outgoing);
    while let Some(blocked) = download.advance() {
        let also = upload.advance();
        wait_for_any(&[Some(&blocked), also.as_ref()]);
    }
}
