//! `hello` through `wstd`: the async runtime most Rust guests are written with.

use wstd::http::{Body, Error, Request, Response};

#[wstd::http_server]
async fn main(_request: Request<Body>) -> Result<Response<Body>, Error> {
    let body = Body::from("Hello from wasi-serve!\n");
    Ok(Response::builder().header("content-type", "text/plain").body(body)?)
}
