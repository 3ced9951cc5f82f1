//! `?case=`: `timers` polled until all are done, the `same` pollable twice, an `empty` list (which traps), `many` ready
//! ones, and `ready` before and after a `block`.

use common::*;

guest!(report_poll);

const STEP_NS: u64 = 5_000_000;

fn report_poll(request: IncomingRequest, out: ResponseOutparam) {
    let text = match Query::of(&request).get("case") {
        Some("same") => same(),
        Some("empty") => format!("{} ready\n", poll(&[]).len()),
        Some("many") => many(),
        Some("ready") => ready(),
        _ => timers(),
    };
    reply(out, 200, &text);
}

/// Twenty timers, the last one the shortest: `order: 19 18 … 0`. Those found ready by one poll are ordered by deadline.
fn timers() -> String {
    let start = monotonic_clock::now();
    let deadline = |index: u64| start + (20 - index) * STEP_NS;
    let mut pending: Vec<_> = (0..20).map(|index| (index, monotonic_clock::subscribe_instant(deadline(index)))).collect();
    let (mut order, mut early) = (Vec::new(), 0);
    while !pending.is_empty() {
        let pollables: Vec<_> = pending.iter().map(|(_, pollable)| pollable).collect();
        let now_ready = poll(&pollables);
        for position in now_ready.into_iter().rev() {
            let (index, _) = pending.remove(position as usize);
            early += u32::from(monotonic_clock::now() < deadline(index));
            order.push(index.to_string());
        }
    }
    format!("order: {}\nearly: {early}\n", order.join(" "))
}

fn same() -> String {
    let timer = monotonic_clock::subscribe_duration(STEP_NS);
    format!("ready: {:?}\n", poll(&[&timer, &timer]))
}

fn many() -> String {
    let timers: Vec<_> = (0..1000).map(|_| monotonic_clock::subscribe_instant(0)).collect();
    format!("{} ready\n", poll(&timers.iter().collect::<Vec<_>>()).len())
}

fn ready() -> String {
    let timer = monotonic_clock::subscribe_duration(10 * STEP_NS);
    let before = timer.ready();
    timer.block();
    format!("before: {before}\nafter: {}\nagain: {}\n", timer.ready(), timer.ready())
}
