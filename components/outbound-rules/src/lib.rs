//! The rules of outgoing requests and their options that hold before anything is sent: `what -> result`.

use common::*;

guest!(rules);

fn rules(_request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    fresh(&mut report);
    setters(&mut report);
    bodies(&mut report);
    options(&mut report);
    refusals(&mut report);
    reply(out, 200, &report);
}

fn new_request() -> OutgoingRequest {
    OutgoingRequest::new(Fields::new())
}

fn fresh(report: &mut String) {
    let request = new_request();
    say!(report, "fresh method -> {}", method_name(&request.method()));
    say!(report, "fresh scheme -> {:?}", request.scheme());
    say!(report, "fresh authority -> {:?}", request.authority());
    say!(report, "fresh path-with-query -> {:?}", request.path_with_query());
    say!(report, "headers are immutable -> {}", header_result(request.headers().append("x-late", b"1")));
}

fn setters(report: &mut String) {
    let request = new_request();
    for name in ["GET", "PURGE", "purge", "M-SEARCH", "", "A B", "A\n", "caf\u{e9}"] {
        let method = method_of(name);
        say!(report, "set-method {name:?} -> {}", ok_or_err(&request.set_method(&method)));
    }
    for name in ["ftp", "a+b.c-1", "", "1a", "a b", "a:"] {
        let scheme = Scheme::Other(name.to_string());
        say!(report, "set-scheme {name:?} -> {}", ok_or_err(&request.set_scheme(Some(&scheme))));
    }
    say!(report, "set-scheme none -> {}", ok_or_err(&request.set_scheme(None)));
    for authority in ["example.com", "example.com:8080", "[::1]:80", "user@example.com", "", "a b", "a/b", "a:99999", "a\r\nb"] {
        say!(report, "set-authority {authority:?} -> {}", ok_or_err(&request.set_authority(Some(authority))));
    }
    say!(report, "set-authority none -> {}", ok_or_err(&request.set_authority(None)));
    for path in ["/", "/a?b=c", "", "a", "?q", "*", "/a b", "/a#b", "/caf\u{e9}", "http://other.example/", "/a\r\nb"] {
        say!(report, "set-path-with-query {path:?} -> {}", ok_or_err(&request.set_path_with_query(Some(path))));
    }
    say!(report, "set-path-with-query none -> {}", ok_or_err(&request.set_path_with_query(None)));
    let _ = request.set_path_with_query(Some("/kept?x=%41"));
    say!(report, "path-with-query -> {:?}", request.path_with_query());
}

fn bodies(report: &mut String) {
    let request = new_request();
    let first = request.body();
    say!(report, "body first -> {}", ok_or_err(&first));
    say!(report, "body second -> {}", ok_or_err(&request.body()));
}

fn options(report: &mut String) {
    let options = RequestOptions::new();
    say!(report, "fresh timeouts -> {:?}", timeouts(&options));
    say!(report, "set-connect-timeout -> {}", ok_or_err(&options.set_connect_timeout(Some(1))));
    say!(report, "set-first-byte-timeout -> {}", ok_or_err(&options.set_first_byte_timeout(Some(0))));
    say!(report, "set-between-bytes-timeout -> {}", ok_or_err(&options.set_between_bytes_timeout(Some(u64::MAX))));
    say!(report, "timeouts -> {:?}", timeouts(&options));
    say!(report, "set-connect-timeout none -> {}", ok_or_err(&options.set_connect_timeout(None)));
    say!(report, "timeouts after none -> {:?}", timeouts(&options));
}

fn timeouts(options: &RequestOptions) -> [Option<u64>; 3] {
    [options.connect_timeout(), options.first_byte_timeout(), options.between_bytes_timeout()]
}

fn refusals(report: &mut String) {
    say!(report, "handle without authority -> {}", sent(new_request()));
    for scheme in ["ftp", "ws"] {
        let request = new_request();
        let _ = request.set_scheme(Some(&Scheme::Other(scheme.to_string())));
        let _ = request.set_authority(Some("127.0.0.1:1"));
        say!(report, "handle scheme {scheme} -> {}", sent(request));
    }
    for path in [None, Some("")] {
        let request = to_nobody();
        let _ = request.set_path_with_query(path);
        say!(report, "handle path-with-query {path:?} -> {}", sent(request));
    }
    for method in [Method::Connect, Method::Other("CONNECT".to_string()), Method::Other("connect".to_string())] {
        let request = to_nobody();
        let name = format!("{method:?}");
        let _ = request.set_method(&method);
        say!(report, "handle method {name} -> {}", sent(request));
    }
}

/// A request that would be refused by the machine, if it were sent.
fn to_nobody() -> OutgoingRequest {
    let request = new_request();
    let _ = request.set_scheme(Some(&Scheme::Http));
    let _ = request.set_authority(Some("127.0.0.1:1"));
    let _ = request.set_path_with_query(Some("/"));
    request
}

fn sent(request: OutgoingRequest) -> String {
    match outgoing_handler::handle(request, None) {
        Err(error) => format!("err at once: {error:?}"),
        Ok(future) => match response_of(future) {
            Err(error) => format!("err later: {error:?}"),
            Ok(response) => response.status().to_string(),
        },
    }
}
