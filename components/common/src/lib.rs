//! What most guests need and none is about: the export, the query, text replies, whole writes.

pub use wasip2;
pub use wasip2::clocks::monotonic_clock;
pub use wasip2::http::types::*;
pub use wasip2::io::poll::{Pollable, poll};
pub use wasip2::io::streams::{InputStream, OutputStream, StreamError};

pub use wasip2::http::outgoing_handler;

mod bodies;
mod outbound;
mod query;
mod words;
pub use bodies::{CHUNK, pump, read_to_end, trailers_of, write_all, write_and_flush};
pub use outbound::{reply_bad_gateway, reply_bad_url, request_to, response_of};
pub use query::Query;
pub use words::{header_result, method_name, method_of, ok_or_err, scheme_name, stream_error};

/// Exports `$handle(request, out)` as `wasi:http/incoming-handler`.
#[macro_export]
macro_rules! guest {
    ($handle:path) => {
        struct Component;
        impl $crate::wasip2::exports::http::incoming_handler::Guest for Component {
            fn handle(request: $crate::IncomingRequest, out: $crate::ResponseOutparam) {
                $handle(request, out)
            }
        }
        $crate::wasip2::http::proxy::export!(Component);
    };
}

/// Appends a formatted line to a report.
#[macro_export]
macro_rules! say {
    ($report:expr, $($part:tt)*) => {{
        $report.push_str(&format!($($part)*));
        $report.push('\n');
    }};
}

/// Sets the response with these fields and gives its body, still to be written.
pub fn start(out: ResponseOutparam, status: u16, fields: Fields) -> OutgoingBody {
    let response = OutgoingResponse::new(fields);
    response.set_status_code(status).expect("a status the host takes");
    let body = response.body().expect("the first body of a response");
    ResponseOutparam::set(out, Ok(response));
    body
}

/// Fresh fields that hold the content-type of a text.
pub fn text_fields() -> Fields {
    let fields = Fields::new();
    fields.append("content-type", b"text/plain").expect("content-type is allowed");
    fields
}

/// A whole `text/plain` reply.
pub fn reply(out: ResponseOutparam, status: u16, text: &str) {
    reply_with(out, status, text_fields(), text, None);
}

/// A whole reply; a client that has gone away is no error of ours.
pub fn reply_with(out: ResponseOutparam, status: u16, fields: Fields, text: &str, trailers: Option<Fields>) {
    let body = start(out, status, fields);
    {
        let stream = body.write().expect("the first stream of a body");
        let _ = write_and_flush(&stream, text.as_bytes());
    }
    let _ = OutgoingBody::finish(body, trailers);
}

/// Waits on the monotonic clock.
pub fn sleep(ms: u64) {
    monotonic_clock::subscribe_duration(ms * 1_000_000).block();
}

/// Two lower-case digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
