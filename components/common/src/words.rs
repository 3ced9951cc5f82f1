//! WASI values in the words of their WIT.

use crate::{HeaderError, Method, Scheme, StreamError, http_error_code};

/// `GET`, or another method with its exact case.
pub fn method_name(method: &Method) -> &str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => name,
    }
}

/// The case of that name; `Other` for a name that has none.
pub fn method_of(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_string()),
    }
}

/// `HTTP`, `HTTPS`, or another scheme as it came.
pub fn scheme_name(scheme: &Scheme) -> &str {
    match scheme {
        Scheme::Http => "HTTP",
        Scheme::Https => "HTTPS",
        Scheme::Other(name) => name,
    }
}

/// `ok`, or the case of the header-error.
pub fn header_result(result: Result<(), HeaderError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(HeaderError::InvalidSyntax) => "invalid-syntax",
        Err(HeaderError::Forbidden) => "forbidden",
        Err(HeaderError::Immutable) => "immutable",
    }
}

/// `ok`, or `err` for an error without a payload.
pub fn ok_or_err<T, E>(result: &Result<T, E>) -> &'static str {
    if result.is_ok() { "ok" } else { "err" }
}

/// `closed`, or `last-operation-failed` with the HTTP error code behind it, else with the first line of its debug
/// string.
pub fn stream_error(error: &StreamError) -> String {
    match error {
        StreamError::Closed => "closed".to_string(),
        StreamError::LastOperationFailed(cause) => match http_error_code(cause) {
            Some(code) => format!("last-operation-failed({code:?})"),
            None => format!("last-operation-failed({})", cause.to_debug_string().lines().next().unwrap_or_default()),
        },
    }
}
