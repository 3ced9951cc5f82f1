//! `hello` on the first release: everything it imports is @0.2.0.

use wasi::exports::http::incoming_handler::Guest;
use wasi::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

struct Hello;
wasi::http::proxy::export!(Hello);

impl Guest for Hello {
    fn handle(_request: IncomingRequest, out: ResponseOutparam) {
        let fields = Fields::new();
        let _ = fields.append(&"content-type".to_string(), &b"text/plain".to_vec());
        let response = OutgoingResponse::new(fields);
        let Ok(body) = response.body() else { return };
        ResponseOutparam::set(out, Ok(response));
        if let Ok(stream) = body.write() {
            let _ = stream.blocking_write_and_flush(b"Hello from wasi-serve!\n");
        }
        let _ = OutgoingBody::finish(body, None);
    }
}
