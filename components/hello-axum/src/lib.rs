//! `hello` through an axum router on `wstd`: `GET /` and `GET /greet/{name}`.

use axum::{Router, extract::Path, routing::get};

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new()
        .route("/", get(|| async { "Hello from wasi-serve!\n" }))
        .route("/greet/{name}", get(|Path(name): Path<String>| async move { format!("Hello, {name}!\n") }))
}
