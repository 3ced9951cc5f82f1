//! Requests to an upstream.

use crate::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingRequest, ResponseOutparam, Scheme, reply,
};

/// A request for an absolute URL. `None` if the URL or the method is not one.
pub fn request_to(url: &str, method: &Method, fields: Fields) -> Option<OutgoingRequest> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.to_string() } else { format!("/{path}") };
    let request = OutgoingRequest::new(fields);
    request.set_method(method).ok()?;
    request.set_scheme(Some(&scheme)).ok()?;
    request.set_authority(Some(authority)).ok()?;
    request.set_path_with_query(Some(&path)).ok()?;
    Some(request)
}

/// Waits for the upstream's head.
pub fn response_of(future: FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        match future.get() {
            Some(result) => return result.expect("the first get"),
            None => future.subscribe().block(),
        }
    }
}

/// 502 with the error code.
pub fn reply_bad_gateway(out: ResponseOutparam, error: &ErrorCode) {
    reply(out, 502, &format!("error: {error:?}\n"));
}

/// 400, for a guest whose `?url=` is missing or wrong.
pub fn reply_bad_url(out: ResponseOutparam) {
    reply(out, 400, "give an absolute ?url=\n");
}
