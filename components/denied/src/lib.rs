//! What a guest without grants may not do: read files, connect, look up names. `what -> error`, one a line.

use common::wasip2::filesystem::preopens::get_directories;
use common::wasip2::sockets::{
    instance_network::instance_network,
    ip_name_lookup::resolve_addresses,
    network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress},
    tcp_create_socket::create_tcp_socket,
    udp_create_socket::create_udp_socket,
};
use common::{IncomingRequest, ResponseOutparam, guest, reply, say};

guest!(denied);

fn denied(_request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    say!(report, "preopens -> {}", get_directories().len());
    say!(report, "read /etc/passwd -> {}", io(std::fs::read("/etc/passwd").map(|bytes| bytes.len())));
    say!(report, "read . -> {}", io(std::fs::read_dir(".").map(Iterator::count)));
    say!(report, "write /tmp/x -> {}", io(std::fs::write("/tmp/x", "x").map(|()| 0)));
    say!(report, "tcp create -> {}", socket(create_tcp_socket(IpAddressFamily::Ipv4).map(drop)));
    say!(report, "tcp connect -> {}", socket(connect()));
    say!(report, "udp create -> {}", socket(create_udp_socket(IpAddressFamily::Ipv4).map(drop)));
    say!(report, "name lookup -> {}", socket(look_up("localhost")));
    reply(out, 200, &report);
}

fn connect() -> Result<(), ErrorCode> {
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress { port: 80, address: (127, 0, 0, 1) });
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_connect(&instance_network(), address)?;
    socket.subscribe().block();
    socket.finish_connect().map(drop)
}

fn look_up(name: &str) -> Result<(), ErrorCode> {
    let addresses = resolve_addresses(&instance_network(), name)?;
    addresses.subscribe().block();
    addresses.resolve_next_address().map(drop)
}

fn io(result: std::io::Result<usize>) -> String {
    result.map_or_else(|error| format!("{:?}", error.kind()), |count| format!("ok {count}"))
}

fn socket(result: Result<(), ErrorCode>) -> &'static str {
    result.map_or_else(|error| error.name(), |()| "ok")
}
