//! The states of sockets, and what can be done in each.

use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{ErrorCode, IpAddressFamily};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::UdpSocket;
use wasip2::sockets::udp_create_socket::create_udp_socket;

use crate::{parsed, v4};

fn said<T>(result: Result<T, ErrorCode>) -> String {
    result.map_or_else(|error| error.name().to_string(), |_| "ok".into())
}

fn tcp_line(state: &str, socket: &TcpSocket, start: bool) -> String {
    let net = instance_network();
    let local = v4((127, 0, 0, 1), 0);
    let mut parts = vec![];
    if start {
        parts.push(format!("start-bind {}", said(socket.start_bind(&net, local))));
        parts.push(format!("start-listen {}", said(socket.start_listen())));
        parts.push(format!("start-connect {}", said(socket.start_connect(&net, v4((127, 0, 0, 1), 1)))));
    }
    parts.push(format!("accept {}", said(socket.accept())));
    parts.push(format!("local {}", said(socket.local_address())));
    parts.push(format!("remote {}", said(socket.remote_address())));
    parts.push(format!("listening {}", socket.is_listening()));
    parts.push(format!("backlog {}", said(socket.set_listen_backlog_size(7))));
    parts.push(format!("hops {}", said(socket.hop_limit())));
    format!("{state}: {}", parts.join(", "))
}

fn tcp_finishes(socket: &TcpSocket) -> String {
    [said(socket.finish_bind()), said(socket.finish_listen()), said(socket.finish_connect())].join(", ")
}

pub fn tcp(address: &str) -> Vec<String> {
    let net = instance_network();
    let mut lines = vec![];
    let create = || create_tcp_socket(IpAddressFamily::Ipv4).unwrap();

    let listener = create();
    lines.push(tcp_line("unbound", &listener, false));
    lines.push(format!("unbound finishes: {}, {}", tcp_finishes(&listener), said(listener.start_listen())));
    lines.push(format!("unbound shutdown: {}", said(listener.shutdown(ShutdownType::Both))));
    listener.start_bind(&net, v4((127, 0, 0, 1), 0)).unwrap();
    lines.push(tcp_line("binding", &listener, true));
    lines.push(format!("binding finishes: {}", tcp_finishes(&listener)));
    lines.push(format!("bound: {}, {}", said(listener.start_bind(&net, v4((127, 0, 0, 1), 0))), tcp_finishes(&listener)));
    lines.push(tcp_line("bound", &listener, false));
    listener.start_listen().unwrap();
    lines.push(tcp_line("starting to listen", &listener, true));
    lines.push(format!("starting to listen finishes: {}", tcp_finishes(&listener)));
    lines.push(tcp_line("listening", &listener, true));
    lines.push(format!("listening shutdown: {}, {}", said(listener.shutdown(ShutdownType::Send)), tcp_finishes(&listener)));

    let client = create();
    client.start_connect(&net, parsed(address)).unwrap();
    lines.push(tcp_line("connecting", &client, true));
    lines.push(format!("connecting: {}, {}", said(client.finish_bind()), said(client.shutdown(ShutdownType::Both))));
    client.subscribe().block();
    let streams = client.finish_connect().unwrap();
    lines.push(tcp_line("connected", &client, true));
    lines.push(format!("connected finishes: {}", tcp_finishes(&client)));
    let both = [said(client.shutdown(ShutdownType::Receive)), said(client.shutdown(ShutdownType::Both)), said(client.shutdown(ShutdownType::Send))];
    lines.push(format!("connected shutdown: {}", both.join(", ")));
    drop(streams);

    let failed = create();
    failed.start_connect(&net, v4((127, 0, 0, 1), 1)).unwrap();
    failed.subscribe().block();
    lines.push(format!("failing: {}", said(failed.finish_connect())));
    lines.push(tcp_line("closed", &failed, true));
    lines.push(format!("closed finishes: {}, {}", tcp_finishes(&failed), said(failed.shutdown(ShutdownType::Both))));
    lines
}

fn udp_line(state: &str, socket: &UdpSocket) -> String {
    let parts = [
        format!("finish-bind {}", said(socket.finish_bind())),
        format!("local {}", said(socket.local_address())),
        format!("remote {}", said(socket.remote_address())),
        format!("hops {}", said(socket.unicast_hop_limit())),
    ];
    format!("{state}: {}", parts.join(", "))
}

pub fn udp(address: &str) -> Vec<String> {
    let net = instance_network();
    let local = v4((127, 0, 0, 1), 0);
    let mut lines = vec![];
    let socket = create_udp_socket(IpAddressFamily::Ipv4).unwrap();
    lines.push(udp_line("unbound", &socket));
    lines.push(format!("unbound: stream {}", said(socket.stream(None))));
    socket.start_bind(&net, local).unwrap();
    lines.push(format!("binding: {}, {}, {}", said(socket.start_bind(&net, local)), said(socket.stream(None)), said(socket.local_address())));
    lines.push(udp_line("binding", &socket));
    lines.push(udp_line("bound", &socket));
    lines.push(format!("bound: {}", said(socket.start_bind(&net, local))));
    let port = socket.local_address().unwrap();
    let before = socket.stream(Some(parsed(address))).unwrap();
    lines.push(udp_line("connected", &socket));
    lines.push(format!("connected: {}", said(before.0.receive(1))));
    let after = socket.stream(None).unwrap();
    lines.push(udp_line("disconnected", &socket));
    lines.push(format!("disconnected: {}, same port {}", said(before.0.receive(1)), format!("{port:?}") == format!("{:?}", socket.local_address().unwrap())));
    lines.push(format!("disconnected: {}", said(after.0.receive(1))));
    lines
}
