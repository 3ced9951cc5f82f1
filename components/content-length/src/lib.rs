//! `?declared=N&written=M`: declares one length and writes another, every error on stderr. `?raw=VALUE[&also=VALUE]`:
//! whether the host takes that content-length (and a second one), and what the reply looks like if it does.

use common::*;

guest!(content_length);

fn content_length(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    match query.get("raw") {
        Some(raw) => raw_length(raw, query.get("also"), out),
        None => declared_length(query.number("declared"), query.number("written").unwrap_or(0), out),
    }
}

fn declared_length(declared: Option<u64>, written: u64, out: ResponseOutparam) {
    let fields = text_fields();
    if let Some(declared) = declared {
        fields.append("content-length", declared.to_string().as_bytes()).expect("a valid length");
    }
    write_and_finish(start(out, 200, fields), &vec![b'x'; written as usize]);
}

fn raw_length(raw: &str, also: Option<&str>, out: ResponseOutparam) {
    let fields = text_fields();
    let results = [Some(raw), also].into_iter().flatten().map(|value| fields.append("content-length", value.as_bytes()));
    match results.collect::<Result<(), HeaderError>>() {
        Err(error) => reply(out, 200, &format!("content-length: {}\n", header_result(Err(error)))),
        Ok(()) => write_and_finish(start(out, 200, fields), b"accepted\n"),
    }
}

fn write_and_finish(body: OutgoingBody, bytes: &[u8]) {
    {
        let stream = body.write().expect("the first stream");
        if let Err(error) = write_all(&stream, bytes) {
            eprintln!("write: {}", stream_error(&error));
        }
        if let Err(error) = stream.blocking_flush() {
            eprintln!("flush: {}", stream_error(&error));
        }
    }
    if let Err(error) = OutgoingBody::finish(body, None) {
        eprintln!("finish: {error:?}");
    }
}
