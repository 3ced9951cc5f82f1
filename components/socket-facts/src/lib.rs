//! Facts about the states of sockets, `what -> result`, one a line, on loopback. `?family=ipv6`; `?names=a,b` looks up names; `?hold=N&end=E` opens N listening
//! sockets and one that connects to `addr`, then ends by `trap`, `sleep` or a reply.

use common::wasip2::sockets::{
    instance_network::instance_network,
    ip_name_lookup::resolve_addresses,
    network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress},
    tcp::{ShutdownType, TcpSocket},
    tcp_create_socket::create_tcp_socket,
    udp::{OutgoingDatagram, UdpSocket},
    udp_create_socket::create_udp_socket,
};
use common::*;

guest!(socket_facts);

fn socket_facts(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let mut report = String::new();
    if let Some(names) = query.get("names") {
        names.split(',').for_each(|name| say!(report, "{name} -> {}", look_up(name)));
        return reply(out, 200, &report);
    }
    if let Some(count) = query.get("hold").and_then(|text| text.parse().ok()) {
        return hold(count, query.get("end").unwrap_or_default(), out);
    }
    let family = if query.get("family").is_some() { IpAddressFamily::Ipv6 } else { IpAddressFamily::Ipv4 };
    tcp_facts(family, &mut report);
    udp_facts(family, &mut report);
    reply(out, 200, &report);
}

fn tcp_facts(family: IpAddressFamily, report: &mut String) {
    let network = instance_network();
    let socket = create_tcp_socket(family).expect("a socket is granted");
    say!(report, "tcp finish-bind early -> {}", name(socket.finish_bind()));
    say!(report, "tcp start-listen unbound -> {}", name(socket.start_listen()));
    say!(report, "tcp accept unbound -> {}", name(socket.accept().map(drop)));
    say!(report, "tcp local-address unbound -> {}", name(socket.local_address().map(drop)));
    say!(report, "tcp connect port 0 -> {}", name(socket.start_connect(&network, loopback(family, 0))));
    say!(report, "tcp connect other family -> {}", name(socket.start_connect(&network, loopback(other(family), 9))));
    say!(report, "tcp connect unspecified -> {}", name(socket.start_connect(&network, unspecified(family, 9))));
    say!(report, "tcp backlog 0 -> {}", name(socket.set_listen_backlog_size(0)));
    say!(report, "tcp start-bind -> {}", name(socket.start_bind(&network, loopback(family, 0))));
    say!(report, "tcp start-bind again -> {}", name(socket.start_bind(&network, loopback(family, 0))));
    say!(report, "tcp finish-bind -> {}", name(socket.finish_bind()));
    let bound = socket.local_address().expect("a bound socket has an address");
    say!(report, "tcp bound port is not 0 -> {}", port(bound) != 0);
    say!(report, "tcp start-listen -> {}", name(socket.start_listen()));
    socket.subscribe().block();
    say!(report, "tcp finish-listen -> {}", name(socket.finish_listen()));
    say!(report, "tcp is-listening -> {}", socket.is_listening());
    say!(report, "tcp accept nobody -> {}", name(socket.accept().map(drop)));
    let client = create_tcp_socket(family).expect("a socket is granted");
    say!(report, "tcp shutdown unconnected -> {}", name(client.shutdown(ShutdownType::Both)));
    say!(report, "tcp start-connect -> {}", name(client.start_connect(&network, bound)));
    say!(report, "tcp start-connect again -> {}", name(client.start_connect(&network, bound)));
    client.subscribe().block();
    let (client_in, client_out) = client.finish_connect().expect("a listening peer");
    say!(report, "tcp finish-connect again -> {}", name(client.finish_connect().map(drop)));
    socket.subscribe().block();
    let (accepted, accepted_in, accepted_out) = socket.accept().expect("a client");
    say!(report, "tcp peers agree -> {}", same(accepted.remote_address(), client.local_address()));
    client_out.blocking_write_and_flush(b"ping").expect("an open connection");
    say!(report, "tcp read -> {}", text(accepted_in.blocking_read(99)));
    say!(report, "tcp shutdown send -> {}", name(client.shutdown(ShutdownType::Send)));
    say!(report, "tcp write after shutdown -> {}", stream_name(client_out.check_write().map(drop)));
    say!(report, "tcp read at the end -> {}", text(accepted_in.blocking_read(99)));
    accepted_out.blocking_write_and_flush(b"pong").expect("a half-closed connection");
    say!(report, "tcp read half-closed -> {}", text(client_in.blocking_read(99)));
    let refused = connect_to_nobody(family);
    say!(report, "tcp refused -> {}", name(refused));
}

fn connect_to_nobody(family: IpAddressFamily) -> Result<(), ErrorCode> {
    let network = instance_network();
    let address = {
        let socket = create_tcp_socket(family)?;
        socket.start_bind(&network, loopback(family, 0))?;
        socket.finish_bind()?;
        socket.local_address()?
    };
    let socket = create_tcp_socket(family)?;
    socket.start_connect(&network, address)?;
    socket.subscribe().block();
    socket.finish_connect().map(drop)
}

fn udp_facts(family: IpAddressFamily, report: &mut String) {
    let network = instance_network();
    let socket = create_udp_socket(family).expect("a socket is granted");
    say!(report, "udp stream unbound -> {}", name(socket.stream(None).map(drop)));
    say!(report, "udp bind other family -> {}", name(socket.start_bind(&network, loopback(other(family), 0))));
    bind(&socket, family);
    say!(report, "udp bind again -> {}", name(socket.start_bind(&network, loopback(family, 0))));
    say!(report, "udp hop limit 0 -> {}", name(socket.set_unicast_hop_limit(0)));
    let peer = create_udp_socket(family).expect("a socket is granted");
    bind(&peer, family);
    let address = peer.local_address().expect("a bound socket has an address");
    let (_peer_in, peer_out) = peer.stream(Some(socket.local_address().expect("bound"))).expect("an address");
    let (incoming, outgoing) = socket.stream(None).expect("bound");
    say!(report, "udp receive nothing -> {:?}", incoming.receive(9).map(|datagrams| datagrams.len()));
    say!(report, "udp check-send -> {}", peer_out.check_send().is_ok_and(|permitted| permitted > 0));
    let hello = OutgoingDatagram { data: b"hello".to_vec(), remote_address: None };
    say!(report, "udp send -> {:?}", peer_out.send(&[hello]));
    incoming.subscribe().block();
    let received = incoming.receive(9).expect("a datagram");
    say!(report, "udp received -> {} {}", received.len(), String::from_utf8_lossy(&received[0].data));
    say!(report, "udp from whom -> {}", port(received[0].remote_address) == port(address));
    let _ = outgoing.check_send();
    let nowhere = OutgoingDatagram { data: vec![], remote_address: None };
    say!(report, "udp send to nobody -> {}", name(outgoing.send(&[nowhere]).map(drop)));
}

fn hold(count: usize, end: &str, out: ResponseOutparam) {
    let sockets: Vec<TcpSocket> = (0..count).map_while(|_| listen().ok()).collect();
    let peers: Vec<_> = sockets.iter().map(|socket| udp_and_client(socket.local_address())).collect();
    match end {
        "trap" => panic!("asked to"),
        "sleep" => sleep(60_000),
        _ => {}
    }
    reply(out, 200, &format!("{} {}\n", sockets.len(), peers.len()));
    std::mem::forget((sockets, peers));
}

fn listen() -> Result<TcpSocket, ErrorCode> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_bind(&instance_network(), loopback(IpAddressFamily::Ipv4, 0))?;
    socket.finish_bind()?;
    socket.start_listen()?;
    socket.subscribe().block();
    socket.finish_listen()?;
    Ok(socket)
}

/// A bound UDP socket, and a TCP one in the middle of connecting.
fn udp_and_client(address: Result<IpSocketAddress, ErrorCode>) -> Option<(UdpSocket, TcpSocket)> {
    let udp = create_udp_socket(IpAddressFamily::Ipv4).ok()?;
    bind(&udp, IpAddressFamily::Ipv4);
    let tcp = create_tcp_socket(IpAddressFamily::Ipv4).ok()?;
    tcp.start_connect(&instance_network(), address.ok()?).ok()?;
    Some((udp, tcp))
}

fn bind(socket: &UdpSocket, family: IpAddressFamily) {
    socket.start_bind(&instance_network(), loopback(family, 0)).expect("a free port");
    socket.finish_bind().expect("a bind under way");
}

fn look_up(text: &str) -> String {
    let stream = match resolve_addresses(&instance_network(), text) {
        Ok(stream) => stream,
        Err(error) => return error.name().to_string(),
    };
    stream.subscribe().block();
    match stream.resolve_next_address() {
        Ok(Some(address)) => format!("{address:?}"),
        Ok(None) => "none".to_string(),
        Err(error) => error.name().to_string(),
    }
}

fn loopback(family: IpAddressFamily, port: u16) -> IpSocketAddress {
    match family {
        IpAddressFamily::Ipv4 => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) }),
        IpAddressFamily::Ipv6 => ipv6(port, 1),
    }
}

fn unspecified(family: IpAddressFamily, port: u16) -> IpSocketAddress {
    match family {
        IpAddressFamily::Ipv4 => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (0, 0, 0, 0) }),
        IpAddressFamily::Ipv6 => ipv6(port, 0),
    }
}

fn ipv6(port: u16, last: u16) -> IpSocketAddress {
    let address = (0, 0, 0, 0, 0, 0, 0, last);
    IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address, scope_id: 0 })
}

fn other(family: IpAddressFamily) -> IpAddressFamily {
    if family == IpAddressFamily::Ipv4 { IpAddressFamily::Ipv6 } else { IpAddressFamily::Ipv4 }
}

fn port(address: IpSocketAddress) -> u16 {
    match address {
        IpSocketAddress::Ipv4(address) => address.port,
        IpSocketAddress::Ipv6(address) => address.port,
    }
}

fn same(one: Result<IpSocketAddress, ErrorCode>, other: Result<IpSocketAddress, ErrorCode>) -> bool {
    matches!((one, other), (Ok(one), Ok(other)) if port(one) == port(other))
}

fn name(result: Result<(), ErrorCode>) -> &'static str {
    result.map_or_else(|error| error.name(), |()| "ok")
}

fn stream_name(result: Result<(), StreamError>) -> &'static str {
    match result {
        Ok(()) => "ok",
        Err(StreamError::Closed) => "closed",
        Err(StreamError::LastOperationFailed(_)) => "failed",
    }
}

fn text(result: Result<Vec<u8>, StreamError>) -> String {
    result.map_or_else(|error| stream_name(Err(error)).to_string(), |bytes| String::from_utf8_lossy(&bytes).to_string())
}
