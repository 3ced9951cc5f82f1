//! `?code=NAME`: sets that error-code instead of a response. Without `code`, replies all names, one a line.

use common::*;

guest!(set_error);

fn set_error(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let Some(name) = query.get("code") else {
        let names: Vec<_> = error_codes().into_iter().map(|(name, _)| name).collect();
        return reply(out, 200, &(names.join("\n") + "\n"));
    };
    match error_codes().into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        Some((_, code)) => ResponseOutparam::set(out, Err(code)),
        None => reply(out, 400, "no such error-code\n"),
    }
}

/// Every case under its name in the WIT, those with a payload with one.
fn error_codes() -> [(&'static str, ErrorCode); 39] {
    use ErrorCode::*;
    let size = || FieldSizePayload { field_name: Some("x-large".to_string()), field_size: Some(9000) };
    [
        ("DNS-timeout", DnsTimeout),
        ("DNS-error", DnsError(DnsErrorPayload { rcode: Some("NXDOMAIN".to_string()), info_code: Some(3) })),
        ("destination-not-found", DestinationNotFound),
        ("destination-unavailable", DestinationUnavailable),
        ("destination-IP-prohibited", DestinationIpProhibited),
        ("destination-IP-unroutable", DestinationIpUnroutable),
        ("connection-refused", ConnectionRefused),
        ("connection-terminated", ConnectionTerminated),
        ("connection-timeout", ConnectionTimeout),
        ("connection-read-timeout", ConnectionReadTimeout),
        ("connection-write-timeout", ConnectionWriteTimeout),
        ("connection-limit-reached", ConnectionLimitReached),
        ("TLS-protocol-error", TlsProtocolError),
        ("TLS-certificate-error", TlsCertificateError),
        (
            "TLS-alert-received",
            TlsAlertReceived(TlsAlertReceivedPayload {
                alert_id: Some(40),
                alert_message: Some("handshake failure".to_string()),
            }),
        ),
        ("HTTP-request-denied", HttpRequestDenied),
        ("HTTP-request-length-required", HttpRequestLengthRequired),
        ("HTTP-request-body-size", HttpRequestBodySize(Some(1))),
        ("HTTP-request-method-invalid", HttpRequestMethodInvalid),
        ("HTTP-request-URI-invalid", HttpRequestUriInvalid),
        ("HTTP-request-URI-too-long", HttpRequestUriTooLong),
        ("HTTP-request-header-section-size", HttpRequestHeaderSectionSize(Some(1))),
        ("HTTP-request-header-size", HttpRequestHeaderSize(Some(size()))),
        ("HTTP-request-trailer-section-size", HttpRequestTrailerSectionSize(Some(1))),
        ("HTTP-request-trailer-size", HttpRequestTrailerSize(size())),
        ("HTTP-response-incomplete", HttpResponseIncomplete),
        ("HTTP-response-header-section-size", HttpResponseHeaderSectionSize(Some(1))),
        ("HTTP-response-header-size", HttpResponseHeaderSize(size())),
        ("HTTP-response-body-size", HttpResponseBodySize(Some(1))),
        ("HTTP-response-trailer-section-size", HttpResponseTrailerSectionSize(Some(1))),
        ("HTTP-response-trailer-size", HttpResponseTrailerSize(size())),
        ("HTTP-response-transfer-coding", HttpResponseTransferCoding(Some("gzip".to_string()))),
        ("HTTP-response-content-coding", HttpResponseContentCoding(Some("br".to_string()))),
        ("HTTP-response-timeout", HttpResponseTimeout),
        ("HTTP-upgrade-failed", HttpUpgradeFailed),
        ("HTTP-protocol-error", HttpProtocolError),
        ("loop-detected", LoopDetected),
        ("configuration-error", ConfigurationError),
        ("internal-error", InternalError(Some("it broke".to_string()))),
    ]
}
