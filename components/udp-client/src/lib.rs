//! `?addr=HOST:PORT[&message=M][&ms=N]`: sends a datagram and replies with the answer, or with 504 if none comes within N ms (1000). The name is looked up by
//! Rust's `std::net`, whose sockets have no timeout here.

use std::net::{SocketAddr, ToSocketAddrs};

use common::wasip2::sockets::{
    instance_network::instance_network,
    network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress},
    udp::OutgoingDatagram,
    udp_create_socket::create_udp_socket,
};
use common::*;

guest!(udp_client);

fn udp_client(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let addr = query.get("addr").unwrap_or_default().to_string();
    let message = query.get("message").unwrap_or_default().as_bytes().to_vec();
    let remote = match addr.to_socket_addrs() {
        Ok(mut found) => found.next().expect("at least one address"),
        Err(error) => return reply(out, 502, &format!("{error}\n")),
    };
    match ask(remote, message, query.number("ms").unwrap_or(1000)) {
        Ok(Some(answer)) => reply(out, 200, &String::from_utf8_lossy(&answer)),
        Ok(None) => reply(out, 504, "no answer\n"),
        Err(error) => reply(out, 502, &format!("{}\n", error.name())),
    }
}

/// The answer, if one comes within `ms`.
fn ask(remote: SocketAddr, message: Vec<u8>, ms: u64) -> Result<Option<Vec<u8>>, ErrorCode> {
    let socket = create_udp_socket(if remote.is_ipv4() { IpAddressFamily::Ipv4 } else { IpAddressFamily::Ipv6 })?;
    let any = if remote.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    socket.start_bind(&instance_network(), to_wasi(any.parse().expect("an address")))?;
    socket.finish_bind()?;
    let (incoming, outgoing) = socket.stream(Some(to_wasi(remote)))?;
    outgoing.check_send()?;
    outgoing.send(&[OutgoingDatagram { data: message, remote_address: None }])?;
    let timeout = monotonic_clock::subscribe_duration(ms * 1_000_000);
    let arrival = incoming.subscribe();
    poll(&[&arrival, &timeout]);
    Ok(incoming.receive(1)?.pop().map(|datagram| datagram.data))
}

fn to_wasi(address: SocketAddr) -> IpSocketAddress {
    let port = address.port();
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) })
        }
        SocketAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h] = v6.ip().segments();
            let address = (a, b, c, d, e, f, g, h);
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address, scope_id: v6.scope_id() })
        }
    }
}
