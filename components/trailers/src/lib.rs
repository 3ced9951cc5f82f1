//! Reads the request's trailers, and sends each back as a trailer of the reply with `x-echo-` before its name, announced by `trailer`.

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
    let (fields, sent) = (text_fields(), Fields::new());
    let echoed = received.into_iter().map(|(name, value)| (format!("x-echo-{name}"), value));
    for (name, value) in echoed.chain([("x-checksum".to_string(), b"ok".to_vec())]) {
        fields.append("trailer", name.as_bytes()).expect("an allowed field");
        sent.append(&name, &value).expect("an allowed trailer");
    }
    reply_with(out, 200, fields, &format!("trailers: {count}\n"), Some(sent));
}
