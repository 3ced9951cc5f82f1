//! Everything that may be taken only once, taken twice: `what -> ok`, then `what again -> err`. `?url=U` adds the
//! future-incoming-response of a request to U.

use common::*;

guest!(once);

fn once(request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    incoming(&mut report, request);
    outgoing(&mut report);
    reply_with(out, 200, text_fields(), &report, None);
}

fn incoming(report: &mut String, request: IncomingRequest) {
    let url = Query::of(&request).get("url").map(str::to_string);
    let body = take_twice(report, "incoming-request.consume", || request.consume());
    drop(take_twice(report, "incoming-body.stream", || body.stream()));
    let future = IncomingBody::finish(body);
    future.subscribe().block();
    say!(report, "future-trailers.get -> {}", got(&future.get()));
    say!(report, "future-trailers.get again -> {}", got(&future.get()));
    let sent = url.and_then(|url| request_to(&url, &Method::Get, Fields::new()));
    if let Some(future) = sent.and_then(|request| outgoing_handler::handle(request, None).ok()) {
        future.subscribe().block();
        let first = future.get();
        say!(report, "future-incoming-response.get -> {}", got(&first));
        say!(report, "future-incoming-response.get again -> {}", got(&future.get()));
        if let Some(Ok(Ok(response))) = first {
            take_twice(report, "incoming-response.consume", || response.consume());
        }
    }
}

fn outgoing(report: &mut String) {
    let response = OutgoingResponse::new(Fields::new());
    let body = take_twice(report, "outgoing-response.body", || response.body());
    drop(take_twice(report, "outgoing-body.write", || body.write()));
    let request = OutgoingRequest::new(Fields::new());
    drop(take_twice(report, "outgoing-request.body", || request.body()));
}

/// Reports both calls and gives what the first one gave.
fn take_twice<T>(report: &mut String, what: &str, take: impl Fn() -> Result<T, ()>) -> T {
    let first = take();
    say!(report, "{what} -> {}", ok_or_err(&first));
    say!(report, "{what} again -> {}", ok_or_err(&take()));
    first.expect("the first")
}

/// Of `option<result<_>>`: the outer result, which tells whether it was got before.
fn got<T>(result: &Option<Result<T, ()>>) -> &'static str {
    result.as_ref().map_or("none", ok_or_err)
}
