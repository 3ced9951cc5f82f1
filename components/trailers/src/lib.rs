//! Reads the request's trailers, and sends each back as a trailer of the reply with `x-echo-` before its name.

use common::*;

guest!(trailers);

fn trailers(request: IncomingRequest, out: ResponseOutparam) {
    let body = request.consume().expect("the first consume");
    let _ = read_to_end(&body.stream().expect("the first stream"));
    let (count, received) = match trailers_of(body) {
        Ok(Some(fields)) => (fields.entries().len().to_string(), fields.entries()),
        Ok(None) => ("none".to_string(), Vec::new()),
        Err(error) => (format!("{error:?}"), Vec::new()),
    };
    let sent = Fields::new();
    for (name, value) in received {
        sent.append(&format!("x-echo-{name}"), &value).expect("an allowed trailer");
    }
    sent.append("x-checksum", b"ok").expect("an allowed trailer");
    reply_with(out, 200, text_fields(), &format!("trailers: {count}\n"), Some(sent));
}
