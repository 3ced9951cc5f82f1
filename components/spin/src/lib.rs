//! Computes for ever: `?before` its reply, `after` its head, by `recursion` without any loop, `between` waits; or for `?ms=M`
//! before its head and `?late-ms=M` after it.

use common::*;
use std::hint::black_box;

guest!(spin);

fn spin(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    if query.has("before") {
        for_ever();
    }
    if query.has("recursion") {
        black_box(calls(black_box(1000)));
    }
    if query.has("between") {
        between_waits();
    }
    if query.has("after") {
        after_head(out);
    } else {
        compute(query.number("ms").unwrap_or(0));
        let body = start(out, 200, text_fields());
        compute(query.number("late-ms").unwrap_or(0));
        finish(body);
    }
}

fn for_ever() -> ! {
    let mut count = 0u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

/// As many as a tree of that depth has leaves.
#[inline(never)]
fn calls(depth: u32) -> u64 {
    if depth == 0 { 1 } else { calls(black_box(depth - 1)).wrapping_add(calls(black_box(depth - 1))) }
}

fn between_waits() -> ! {
    loop {
        compute(20);
        sleep(1);
    }
}

fn after_head(out: ResponseOutparam) {
    let body = start(out, 200, text_fields());
    let stream = body.write().expect("the first stream of a body");
    let _ = write_and_flush(&stream, b"head\n");
    for_ever();
}

fn finish(body: OutgoingBody) {
    let stream = body.write().expect("the first stream of a body");
    let _ = write_and_flush(&stream, b"computed\n");
    drop(stream);
    let _ = OutgoingBody::finish(body, None);
}

fn compute(ms: u64) {
    let end = monotonic_clock::now() + ms * 1_000_000;
    while monotonic_clock::now() < end {
        (0..1000u64).for_each(|count| {
            black_box(count);
        });
    }
}
