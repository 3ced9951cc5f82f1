//! `?url=U[&method=M][&connect-ms=][&first-byte-ms=][&between-bytes-ms=]`: what an upstream answers, or the error code.

use common::*;

guest!(outbound_get);

fn outbound_get(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let method = method_of(query.get("method").unwrap_or("GET"));
    let Some(outgoing) = request_to(query.get("url").unwrap_or_default(), &method, Fields::new()) else {
        return reply_bad_url(out);
    };
    match outgoing_handler::handle(outgoing, options(&query)).and_then(response_of) {
        Ok(response) => report(response, out),
        Err(error) => reply_bad_gateway(out, &error),
    }
}

fn options(query: &Query) -> Option<RequestOptions> {
    let ns = |name| query.number(name).map(|ms| ms * 1_000_000);
    let options = RequestOptions::new();
    options.set_connect_timeout(ns("connect-ms")).ok()?;
    options.set_first_byte_timeout(ns("first-byte-ms")).ok()?;
    options.set_between_bytes_timeout(ns("between-bytes-ms")).ok()?;
    Some(options)
}

fn report(response: IncomingResponse, out: ResponseOutparam) {
    let mut head = String::new();
    say!(head, "status: {}", response.status());
    for (name, value) in response.headers().entries() {
        say!(head, "header: {name}: {}", value.escape_ascii());
    }
    head.push('\n');
    let body = start(out, 200, text_fields());
    {
        let to = body.write().expect("the first stream");
        let _ = write_all(&to, head.as_bytes());
        let _ = write_and_flush(&to, copy_body(response, &to).as_bytes());
    }
    let _ = OutgoingBody::finish(body, None);
}

/// Streams the upstream's body, and gives the lines that come after it.
fn copy_body(response: IncomingResponse, to: &OutputStream) -> String {
    let incoming = response.consume().expect("the first consume");
    let copied = pump(&incoming.stream().expect("the first stream"), to);
    if let Err(error) = copied {
        return format!("\nbody error: {}\n", stream_error(&error));
    }
    match trailers_of(incoming) {
        Err(error) => format!("\nbody error: {error:?}\n"),
        Ok(None) => String::new(),
        Ok(Some(trailers)) => {
            let lines =
                trailers.entries().into_iter().map(|(name, value)| format!("trailer: {name}: {}\n", value.escape_ascii()));
            format!("\n{}", lines.collect::<String>())
        }
    }
}
