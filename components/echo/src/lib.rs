//! The request's body, content-type and trailers (with the `trailer` field that announces them) come back, each chunk as it
//! arrives, in constant memory.

use common::*;

guest!(echo);

fn echo(request: IncomingRequest, out: ResponseOutparam) {
    let fields = Fields::new();
    for name in ["content-type", "trailer"] {
        let _ = fields.set(name, &request.headers().get(name));
    }
    let incoming = request.consume().expect("the first consume");
    let outgoing = start(out, 200, fields);
    // Dropped without finish, an outgoing body is aborted: the reply of a request that broke off.
    if copy(&incoming, &outgoing).is_err() {
        return;
    }
    if let Ok(trailers) = trailers_of(incoming) {
        let _ = OutgoingBody::finish(outgoing, trailers);
    }
}

fn copy(incoming: &IncomingBody, outgoing: &OutgoingBody) -> Result<u64, StreamError> {
    let from = incoming.stream().expect("the first stream");
    let to = outgoing.write().expect("the first stream");
    pump(&from, &to)
}
