//! Logs through `wasi:logging/logging`: `?level=L&context=C&message=M`, `&times=N` as often; without a level once at each.

use common::*;

wit_bindgen::generate!({ path: ["../../src/wasi/logging", "wit"], world: "guest:logging/guest", generate_all });

use wasi::logging::logging::{Level, log};

guest!(log_as_asked);

const LEVELS: [(&str, Level); 6] = [
    ("trace", Level::Trace),
    ("debug", Level::Debug),
    ("info", Level::Info),
    ("warn", Level::Warn),
    ("error", Level::Error),
    ("critical", Level::Critical),
];

fn log_as_asked(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let (context, message) = (query.get("context").unwrap_or(""), query.get("message").unwrap_or(""));
    for (name, level) in LEVELS {
        if query.get("level").is_none_or(|asked| asked == name) {
            for _ in 0..query.number("times").unwrap_or(1) {
                log(level, context, message);
            }
        }
    }
    reply(out, 200, "logged\n");
}
