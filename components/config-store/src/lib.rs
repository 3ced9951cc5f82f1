//! What `wasi:config/store` has: all pairs; `?key=K` one value.

use common::*;

wit_bindgen::generate!({ path: ["../../src/wasi/config", "wit"], world: "guest:config-store/guest", generate_all });

use wasi::config::store::{get, get_all};

guest!(config);

fn config(request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    match Query::of(&request).get("key") {
        Some(key) => match get(key) {
            Ok(value) => say!(report, "{key}: {}", value.as_deref().unwrap_or("none")),
            Err(error) => say!(report, "{key}: {error:?}"),
        },
        None => match get_all() {
            Ok(pairs) => pairs.iter().for_each(|(key, value)| say!(report, "{key}={value}")),
            Err(error) => say!(report, "{error:?}"),
        },
    }
    reply(out, 200, &report);
}
