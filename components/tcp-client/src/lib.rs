//! `?addr=HOST:PORT`: connects, sends the request's body and ends its side, replies with what comes back, each piece as it arrives. By Rust's `std::net`.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use common::*;

guest!(tcp_client);

fn tcp_client(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let addr = query.get("addr").unwrap_or_default().to_string();
    let mut connection = match TcpStream::connect(addr.as_str()) {
        Ok(connection) => connection,
        Err(error) => return reply(out, 502, &format!("{:?}: {error}\n", error.kind())),
    };
    if let Err(error) = send(&request, &mut connection) {
        return reply(out, 502, &format!("sending: {:?}\n", error.kind()));
    }
    let body = start(out, 200, text_fields());
    {
        let stream = body.write().expect("the first stream of a body");
        let mut piece = [0; 16 * 1024];
        while let Ok(count @ 1..) = connection.read(&mut piece) {
            if write_and_flush(&stream, &piece[..count]).is_err() {
                return;
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}

/// The request's body, then the end.
fn send(request: &IncomingRequest, connection: &mut TcpStream) -> std::io::Result<()> {
    let body = request.consume().expect("the first consume of a request");
    let stream = body.stream().expect("the first stream of a body");
    while let Ok(bytes) = stream.blocking_read(16 * 1024) {
        connection.write_all(&bytes)?;
    }
    connection.shutdown(Shutdown::Write)
}
