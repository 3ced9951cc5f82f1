//! What the start of an instance finds, before it has a request: random bytes, the time, a variable, whether memory is as it should be. With isolation each
//! request has an instance that has started for it alone, once, whatever the host keeps.

use common::wasip2::clocks::monotonic_clock;
use common::wasip2::random::random;
use common::*;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

guest!(report_start);

static STARTS: AtomicU32 = AtomicU32::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);
static AT: AtomicU64 = AtomicU64::new(0);
static VISITS: AtomicU32 = AtomicU32::new(0);
static ID: AtomicU32 = AtomicU32::new(0);

/// Called by the component when it is instantiated, as the constructors and runtimes of other languages are.
#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    STARTS.fetch_add(1, Relaxed);
    SEED.store(random::get_random_u64(), Relaxed);
    AT.store(monotonic_clock::now(), Relaxed);
    let id = std::env::var("INSTANCE_ID").ok().and_then(|id| id.parse().ok());
    ID.store(id.unwrap_or(u32::MAX), Relaxed);
}

fn report_start(_request: IncomingRequest, out: ResponseOutparam) {
    let visits = VISITS.fetch_add(1, Relaxed) + 1;
    let waited = monotonic_clock::now() - AT.load(Relaxed);
    let mut report = String::new();
    say!(report, "starts: {}", STARTS.load(Relaxed));
    say!(report, "visits: {visits}");
    say!(report, "seed: {}", SEED.load(Relaxed));
    say!(report, "id: {}", ID.load(Relaxed));
    say!(report, "ms since the start: {}", waited / 1_000_000);
    reply(out, 200, &report);
}
