//! Both clocks, their resolutions, and that an instant in the past is ready at once.

use common::wasip2::clocks::wall_clock;
use common::*;

guest!(clocks);

fn clocks(_request: IncomingRequest, out: ResponseOutparam) {
    let seconds = |time: wall_clock::Datetime| format!("{}.{:09}", time.seconds, time.nanoseconds);
    let now = monotonic_clock::now();
    let mut report = String::new();
    say!(report, "wall-now: {}", seconds(wall_clock::now()));
    say!(report, "wall-resolution: {}", seconds(wall_clock::resolution()));
    say!(report, "monotonic-now: {now}");
    say!(report, "monotonic-resolution: {}", monotonic_clock::resolution());
    say!(report, "monotonic-order: {}", now <= monotonic_clock::now());
    say!(report, "instant-now-ready: {}", monotonic_clock::subscribe_instant(now).ready());
    say!(report, "instant-zero-ready: {}", monotonic_clock::subscribe_instant(0).ready());
    let hour = monotonic_clock::subscribe_duration(3_600_000_000_000);
    say!(report, "instant-zero-polled: {:?}", poll(&[&hour, &monotonic_clock::subscribe_instant(0)]));
    say!(report, "duration-hour-ready: {}", hour.ready());
    reply(out, 200, &report);
}
