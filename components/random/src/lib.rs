//! Every source of randomness; `?len=N` replies how many bytes `get-random-bytes(N)` gave.

use common::wasip2::random::{insecure, insecure_seed::insecure_seed, random};
use common::*;

guest!(report_random);

fn report_random(request: IncomingRequest, out: ResponseOutparam) {
    if let Some(len) = Query::of(&request).number("len") {
        return reply(out, 200, &format!("{}\n", random::get_random_bytes(len).len()));
    }
    let (a, b) = insecure_seed();
    let mut report = String::new();
    say!(report, "get-random-bytes: {}", hex(&random::get_random_bytes(16)));
    say!(report, "get-random-u64: {}", random::get_random_u64());
    say!(report, "get-insecure-random-bytes: {}", hex(&insecure::get_insecure_random_bytes(16)));
    say!(report, "get-insecure-random-u64: {}", insecure::get_insecure_random_u64());
    say!(report, "insecure-seed: {a} {b}");
    reply(out, 200, &report);
}
