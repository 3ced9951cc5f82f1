//! `?bytes=N`: writes N bytes as fast as `check-write` permits, 64 KiB at most at a time; `&progress=1` tells stderr each
//! MiB. Where the client stops reading, it stops too.

use common::*;

guest!(flood);

const MIB: u64 = 1024 * 1024;

fn flood(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let body = start(out, 200, text_fields());
    let written =
        write_bytes(&body.write().expect("the first stream"), query.number("bytes").unwrap_or(MIB), query.has("progress"));
    match written {
        Ok(()) => drop(OutgoingBody::finish(body, None)),
        Err((total, error)) => eprintln!("flood: stopped after {total} bytes: {}", stream_error(&error)),
    }
}

fn write_bytes(stream: &OutputStream, bytes: u64, progress: bool) -> Result<(), (u64, StreamError)> {
    let full = vec![b'x'; CHUNK as usize];
    let mut total = 0;
    while total < bytes {
        let block = &full[..CHUNK.min(bytes - total) as usize];
        write_all(stream, block).map_err(|error| (total, error))?;
        total += block.len() as u64;
        if progress && total % MIB == 0 {
            eprintln!("flood: {} MiB", total / MIB);
        }
    }
    stream.blocking_flush().map_err(|error| (total, error))
}
