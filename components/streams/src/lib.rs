//! What streams do, as facts `what -> result` after the bytes the facts themselves wrote and a line `---`. Wants a request
//! body of 64 bytes or more. `?trap=over-budget|child|finish`: breaks one rule, which must trap.

use common::*;

guest!(streams);

fn streams(request: IncomingRequest, out: ResponseOutparam) {
    let body = start(out, 200, text_fields());
    let to = body.write().expect("the first stream");
    match Query::of(&request).get("trap") {
        Some("over-budget") => write_over_budget(&to),
        Some("child") => drop_with_child(to),
        Some("finish") => finish_with_stream(body, &to),
        _ => {
            let facts = output_facts(&to) + &input_facts(request, &to);
            let _ = write_and_flush(&to, format!("\n---\n{facts}").as_bytes());
            drop(to);
            let _ = OutgoingBody::finish(body, None);
        }
    }
}

fn write_over_budget(to: &OutputStream) {
    let permitted = to.check_write().expect("an open stream");
    let _ = to.write(&vec![b'x'; permitted as usize + 1]);
}

fn drop_with_child(to: OutputStream) {
    let child = to.subscribe();
    drop(to);
    drop(child);
}

fn finish_with_stream(body: OutgoingBody, to: &OutputStream) {
    let _ = OutgoingBody::finish(body, None);
    let _ = to.check_write();
}

/// 4096 spaces, then zeroes: 4 and 4096 and 8.
fn output_facts(to: &OutputStream) -> String {
    let mut report = String::new();
    let permitted = to.check_write();
    say!(report, "check-write -> {}", count(&permitted));
    say!(report, "check-write again is the same -> {}", count(&to.check_write()) == count(&permitted));
    say!(report, "write nothing -> {}", result(&to.write(b"")));
    say!(report, "blocking-write-and-flush 4096 -> {}", result(&to.blocking_write_and_flush(&[b' '; 4096])));
    say!(report, "check-write after flush -> {}", count(&to.check_write()));
    say!(report, "write-zeroes 4 -> {}", result(&to.write_zeroes(4)));
    say!(report, "check-write after 4 -> {}", count(&to.check_write()));
    say!(report, "flush -> {}", result(&to.flush()));
    say!(report, "blocking-flush -> {}", result(&to.blocking_flush()));
    say!(report, "blocking-write-zeroes-and-flush 4096 -> {}", result(&to.blocking_write_zeroes_and_flush(4096)));
    let ready = to.subscribe();
    ready.block();
    say!(report, "subscribe, ready -> {}", ready.ready());
    drop(ready);
    say!(report, "write-zeroes 8 -> {}", to.check_write().map_or(String::new(), |_| result(&to.write_zeroes(8))));
    let _ = to.blocking_flush();
    report
}

/// Takes 36 bytes one way and another, then the rest.
fn input_facts(request: IncomingRequest, to: &OutputStream) -> String {
    let incoming = request.consume().expect("the first consume");
    let from = incoming.stream().expect("the first stream");
    let mut report = String::new();
    say!(report, "read 0 -> {}", bytes(from.read(0)));
    say!(report, "blocking-read 4 -> {}", bytes(from.blocking_read(4)));
    say!(report, "subscribe, ready -> {}", {
        let ready = from.subscribe();
        ready.block();
        ready.ready()
    });
    say!(report, "read 4 -> {}", bytes(from.read(4)));
    say!(report, "skip 0 -> {}", count(&from.skip(0)));
    say!(report, "skip 4 -> {}", count(&from.skip(4)));
    say!(report, "blocking-skip 4 -> {}", count(&from.blocking_skip(4)));
    say!(report, "splice 0 -> {}", count(&to.splice(&from, 0)));
    say!(report, "splice 10 -> {}", count(&to.splice(&from, 10)));
    let _ = to.blocking_flush();
    say!(report, "blocking-splice 10 -> {}", count(&to.blocking_splice(&from, 10)));
    let _ = to.blocking_flush();
    say!(report, "rest -> {}", bytes(read_to_end(&from)));
    ended_facts(&mut report, &from, to);
    report
}

fn ended_facts(report: &mut String, from: &InputStream, to: &OutputStream) {
    say!(report, "ended: read -> {}", bytes(from.read(1)));
    say!(report, "ended: blocking-read -> {}", bytes(from.blocking_read(1)));
    say!(report, "ended: skip -> {}", count(&from.skip(1)));
    say!(report, "ended: blocking-skip -> {}", count(&from.blocking_skip(1)));
    say!(report, "ended: splice -> {}", count(&to.splice(from, 1)));
    say!(report, "ended: blocking-splice -> {}", count(&to.blocking_splice(from, 1)));
    say!(report, "ended: ready -> {}", from.subscribe().ready());
    say!(report, "check-write after an ended splice -> {}", to.check_write().is_ok());
}

fn result(result: &Result<(), StreamError>) -> String {
    result.as_ref().map_or_else(stream_error, |()| "ok".to_string())
}

fn count(result: &Result<u64, StreamError>) -> String {
    result.as_ref().map_or_else(stream_error, u64::to_string)
}

fn bytes(result: Result<Vec<u8>, StreamError>) -> String {
    result.map_or_else(|error| stream_error(&error), |bytes| format!("{} {:?}", bytes.len(), bytes.escape_ascii().to_string()))
}
