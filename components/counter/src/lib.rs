//! Whether a request sees what an earlier one left: a static counter, and 1 MiB of static memory that each request fills.
//! With isolation every reply is `1 clean`.

use common::*;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

guest!(counter);

static COUNTER: AtomicU32 = AtomicU32::new(0);
static CANARY: [AtomicU8; 1024 * 1024] = [const { AtomicU8::new(0) }; 1024 * 1024];

fn counter(_request: IncomingRequest, out: ResponseOutparam) {
    let clean = CANARY.iter().all(|byte| byte.load(Relaxed) == 0);
    CANARY.iter().for_each(|byte| byte.store(0xA5, Relaxed));
    let count = COUNTER.fetch_add(1, Relaxed) + 1;
    reply(out, 200, &format!("{count} {}\n", if clean { "clean" } else { "dirty" }));
}
