//! `?url=U[&trailer=1]`: streams the request's body to an upstream, with a trailer if asked, and replies its answer.

use common::*;

guest!(outbound_post);

fn outbound_post(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let fields = text_fields();
    if query.has("trailer") {
        fields.append("trailer", b"x-request-trailer").expect("an allowed field");
    }
    let Some(outgoing) = request_to(query.get("url").unwrap_or_default(), &Method::Post, fields) else {
        return reply_bad_url(out);
    };
    let body = outgoing.body().expect("the first body");
    let future = match outgoing_handler::handle(outgoing, None) {
        Ok(future) => future,
        Err(error) => return reply_bad_gateway(out, &error),
    };
    upload(request, body, query.has("trailer"));
    match response_of(future) {
        Ok(response) => forward(response, out),
        Err(error) => reply_bad_gateway(out, &error),
    }
}

/// An upstream may answer before it has read all, so an error here is not yet an error of the whole.
fn upload(request: IncomingRequest, body: OutgoingBody, with_trailer: bool) {
    let incoming = request.consume().expect("the first consume");
    let copied = {
        let from = incoming.stream().expect("the first stream");
        let to = body.write().expect("the first stream");
        pump(&from, &to)
    };
    if copied.is_err() {
        return;
    }
    let trailers = with_trailer.then(|| {
        let fields = Fields::new();
        fields.append("x-request-trailer", b"yes").expect("an allowed trailer");
        fields
    });
    let _ = OutgoingBody::finish(body, trailers);
}

fn forward(response: IncomingResponse, out: ResponseOutparam) {
    let body = start(out, response.status(), text_fields());
    let incoming = response.consume().expect("the first consume");
    let copied = {
        let from = incoming.stream().expect("the first stream");
        let to = body.write().expect("the first stream");
        pump(&from, &to)
    };
    if copied.is_ok() {
        let _ = OutgoingBody::finish(body, None);
    }
}
