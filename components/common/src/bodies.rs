//! Streams, read and written whole.

use crate::{ErrorCode, Fields, FutureTrailers, IncomingBody, InputStream, OutputStream, StreamError};

/// The most that is read or written at a time.
pub const CHUNK: u64 = 64 * 1024;

/// Writes all of it, as much at a time as `check-write` permits. Does not flush.
pub fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        let permitted = stream.check_write()? as usize;
        if permitted == 0 {
            stream.subscribe().block();
            continue;
        }
        let (now, later) = bytes.split_at(permitted.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    Ok(())
}

/// Writes all of it and waits until it is flushed.
pub fn write_and_flush(stream: &OutputStream, bytes: &[u8]) -> Result<(), StreamError> {
    write_all(stream, bytes)?;
    stream.blocking_flush()
}

/// Copies until the input ends, each read written and flushed before the next; gives the number of bytes.
pub fn pump(from: &InputStream, to: &OutputStream) -> Result<u64, StreamError> {
    let mut total = 0;
    loop {
        let chunk = match from.blocking_read(CHUNK) {
            Ok(chunk) => chunk,
            Err(StreamError::Closed) => return Ok(total),
            Err(error) => return Err(error),
        };
        total += chunk.len() as u64;
        write_and_flush(to, &chunk)?;
    }
}

/// Everything that is left of a stream.
pub fn read_to_end(stream: &InputStream) -> Result<Vec<u8>, StreamError> {
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(CHUNK) {
            Ok(chunk) => bytes.extend(chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(error) => return Err(error),
        }
    }
}

/// Waits for the trailers of a body whose stream is already dropped.
pub fn trailers_of(body: IncomingBody) -> Result<Option<Fields>, ErrorCode> {
    let future: FutureTrailers = IncomingBody::finish(body);
    loop {
        match future.get() {
            Some(result) => return result.expect("the first get"),
            None => future.subscribe().block(),
        }
    }
}
