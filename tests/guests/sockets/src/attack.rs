//! Random calls of wasi:sockets. Handles are numbers that may belong to nothing, to something else, or to what was dropped.

use std::mem::forget;

use wasip2::io::poll::Pollable;
use wasip2::io::streams::{InputStream, OutputStream};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::ip_name_lookup::{ResolveAddressStream, resolve_addresses};
use wasip2::sockets::network::{IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress, Network};
use wasip2::sockets::tcp::{ShutdownType, TcpSocket};
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::{IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream, UdpSocket};
use wasip2::sockets::udp_create_socket::create_udp_socket;

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Handles by kind. Mostly one that is of its kind; now and then any.
#[derive(Default)]
struct Known {
    tcp: Vec<u32>,
    udp: Vec<u32>,
    input: Vec<u32>,
    output: Vec<u32>,
    incoming: Vec<u32>,
    outgoing: Vec<u32>,
    look_up: Vec<u32>,
    pollable: Vec<u32>,
    network: Vec<u32>,
}

fn pick(random: &mut Random, list: &[u32]) -> Option<u32> {
    if random.below(600) == 0 {
        return Some(random.below(40) as u32);
    }
    if list.is_empty() { None } else { Some(list[random.below(list.len() as u64) as usize]) }
}

fn take(random: &mut Random, list: &mut Vec<u32>) -> Option<u32> {
    if random.below(300) == 0 {
        return Some(random.below(40) as u32);
    }
    if list.is_empty() {
        return None;
    }
    let at = random.below(list.len() as u64) as usize;
    // Now and then it stays in the list, and is used after it was dropped.
    Some(if random.below(80) == 0 { list[at] } else { list.swap_remove(at) })
}

fn address(random: &mut Random, port: u16) -> IpSocketAddress {
    let port = [port, port, port, 0, 0, 1, 65535][random.below(7) as usize];
    match random.below(8) {
        0 => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (255, 255, 255, 255) }),
        1 => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (0, 0, 0, 0) }),
        2 => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (224, 0, 0, 1) }),
        3 => {
            let address = [(0, 0, 0, 0, 0, 0, 0, 1), (0, 0, 0, 0, 0, 0xffff, 0x7f00, 1), (0xff02, 0, 0, 0, 0, 0, 0, 1)][random.below(3) as usize];
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 7, address, scope_id: random.below(3) as u32 })
        }
        _ => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (127, 0, 0, 1) }),
    }
}

fn handle<T>(kept: &mut Vec<u32>, number: u32, object: T) {
    kept.push(number);
    forget(object);
}

/// Uses a handle without ending it.
macro_rules! with {
    ($kind:ty, $number:expr, $name:ident => $body:expr) => {{
        let $name = unsafe { <$kind>::from_handle($number) };
        let result = $body;
        forget($name);
        result
    }};
}

fn tcp(random: &mut Random, known: &mut Known, port: u16) {
    let Some(number) = pick(random, &known.tcp) else { return };
    let Some(net) = pick(random, &known.network) else { return };
    let value = [0, 1, 1000, u64::MAX][random.below(4) as usize];
    with!(TcpSocket, number, socket => match random.below(24) {
        0 | 1 => { let to = address(random, port); with!(Network, net, net => drop(socket.start_bind(&net, to))) }
        2 | 3 => drop(socket.finish_bind()),
        4..=6 => { let to = address(random, port); with!(Network, net, net => drop(socket.start_connect(&net, to))) }
        7..=9 => if let Ok((input, output)) = socket.finish_connect() {
            handle(&mut known.input, input.handle(), input);
            handle(&mut known.output, output.handle(), output);
        },
        10 => drop(socket.start_listen()),
        11 => drop(socket.finish_listen()),
        12 | 13 => if let Ok((client, input, output)) = socket.accept() {
            handle(&mut known.tcp, client.handle(), client);
            handle(&mut known.input, input.handle(), input);
            handle(&mut known.output, output.handle(), output);
        },
        14 => drop((socket.local_address(), socket.remote_address())),
        15 => drop((socket.is_listening(), socket.address_family(), socket.set_listen_backlog_size(value))),
        16 => drop((socket.set_keep_alive_enabled(true), socket.set_keep_alive_idle_time(value), socket.set_keep_alive_interval(value))),
        17 => drop((socket.set_keep_alive_count(value as u32), socket.set_hop_limit(value as u8), socket.set_send_buffer_size(value))),
        18 => drop((socket.keep_alive_count(), socket.hop_limit(), socket.receive_buffer_size(), socket.set_receive_buffer_size(value))),
        19 => { let pollable = socket.subscribe(); handle(&mut known.pollable, pollable.handle(), pollable) }
        20 => drop(socket.shutdown(ShutdownType::Receive)),
        21 => drop(socket.shutdown(ShutdownType::Send)),
        _ => drop(socket.shutdown(ShutdownType::Both)),
    })
}

fn udp(random: &mut Random, known: &mut Known, port: u16) {
    let Some(number) = pick(random, &known.udp) else { return };
    let Some(net) = pick(random, &known.network) else { return };
    with!(UdpSocket, number, socket => match random.below(8) {
        0 | 1 => { let to = address(random, 0); with!(Network, net, net => drop(socket.start_bind(&net, to))) }
        2 => drop(socket.finish_bind()),
        3 | 4 => {
            let to = if random.below(2) == 0 { None } else { Some(address(random, port)) };
            if let Ok((incoming, outgoing)) = socket.stream(to) {
                handle(&mut known.incoming, incoming.handle(), incoming);
                handle(&mut known.outgoing, outgoing.handle(), outgoing);
            }
        }
        5 => drop((socket.local_address(), socket.remote_address(), socket.address_family())),
        6 => drop((socket.set_unicast_hop_limit(0), socket.unicast_hop_limit(), socket.set_send_buffer_size(1))),
        _ => { let pollable = socket.subscribe(); handle(&mut known.pollable, pollable.handle(), pollable) }
    })
}

fn datagrams(random: &mut Random, known: &mut Known, port: u16) {
    let Some(number) = pick(random, &known.outgoing) else { return };
    with!(OutgoingDatagramStream, number, stream => {
        let permitted = if random.below(20) == 0 { Ok(0) } else { stream.check_send() };
        if let Ok(most) = permitted {
            let count = random.below(most + 2).min(most + (random.below(50) == 0) as u64);
            let list: Vec<_> = (0..count)
                .map(|_| OutgoingDatagram {
                    data: vec![1; [0, 1, 1400, 65507, 65508, 70000][random.below(6) as usize]],
                    remote_address: if random.below(3) == 0 { None } else { Some(address(random, port)) },
                })
                .collect();
            drop(stream.send(&list));
        }
    });
    let Some(number) = pick(random, &known.incoming) else { return };
    with!(IncomingDatagramStream, number, stream => drop(stream.receive([0, 1, 100, u64::MAX][random.below(4) as usize])))
}

fn streams(random: &mut Random, known: &mut Known) {
    let size = [0, 1, 4096, 60000][random.below(4) as usize];
    if random.below(2) == 0 {
        let Some(number) = pick(random, &known.input) else { return };
        with!(InputStream, number, stream => drop((stream.read(size), stream.skip(size))));
        return;
    }
    let Some(number) = pick(random, &known.output) else { return };
    with!(OutputStream, number, stream => match random.below(4) {
        0 => drop(stream.flush()),
        1 => if let Ok(most) = stream.check_write() {
            let more = (random.below(200) == 0) as u64;
            drop(stream.write(&vec![3; most.min(size + more) as usize]));
        },
        2 => drop(stream.check_write()),
        _ => { let pollable = stream.subscribe(); handle(&mut known.pollable, pollable.handle(), pollable) }
    })
}

fn look_ups(random: &mut Random, known: &mut Known) {
    let name = ["localhost", "127.0.0.1", "", "not granted.example", "a..b", "[::1]", "::", "0x7f.1"][random.below(8) as usize];
    let Some(net) = pick(random, &known.network) else { return };
    if let Ok(stream) = with!(Network, net, net => resolve_addresses(&net, name)) {
        handle(&mut known.look_up, stream.handle(), stream);
    }
    let Some(number) = pick(random, &known.look_up) else { return };
    with!(ResolveAddressStream, number, stream => drop((stream.resolve_next_address(), stream.resolve_next_address())))
}

macro_rules! drop_one {
    ($kind:ty, $random:expr, $list:expr) => {
        if let Some(number) = take($random, $list) {
            drop(unsafe { <$kind>::from_handle(number) });
        }
    };
}

/// Drops something; what belongs to nothing else mostly.
fn drops(random: &mut Random, known: &mut Known) {
    match random.below(9) {
        0..=2 => drop_one!(Pollable, random, &mut known.pollable),
        3 => drop_one!(InputStream, random, &mut known.input),
        4 => drop_one!(OutputStream, random, &mut known.output),
        5 => drop_one!(IncomingDatagramStream, random, &mut known.incoming),
        6 => drop_one!(OutgoingDatagramStream, random, &mut known.outgoing),
        7 => drop_one!(ResolveAddressStream, random, &mut known.look_up),
        _ if random.below(60) == 0 => drop_one!(TcpSocket, random, &mut known.tcp),
        _ if random.below(60) == 0 => drop_one!(UdpSocket, random, &mut known.udp),
        _ => {}
    }
}

pub fn run(seed: u64, steps: u32, port: u16) -> u32 {
    let mut random = Random(seed * 2_654_435_761 + 88_172_645_463_325_252);
    let mut known = Known::default();
    let net = instance_network();
    handle(&mut known.network, net.handle(), net);
    for _ in 0..steps {
        match random.below(20) {
            0 | 1 => {
                let family = if random.below(4) == 0 { IpAddressFamily::Ipv6 } else { IpAddressFamily::Ipv4 };
                if let Ok(socket) = create_tcp_socket(family) {
                    handle(&mut known.tcp, socket.handle(), socket);
                }
            }
            2 => {
                if let Ok(socket) = create_udp_socket(IpAddressFamily::Ipv4) {
                    handle(&mut known.udp, socket.handle(), socket);
                }
            }
            3..=9 if !known.tcp.is_empty() => tcp(&mut random, &mut known, port),
            10..=12 if !known.udp.is_empty() => udp(&mut random, &mut known, port),
            13 if !known.outgoing.is_empty() => datagrams(&mut random, &mut known, port),
            14..=16 if !known.input.is_empty() => streams(&mut random, &mut known),
            17 => look_ups(&mut random, &mut known),
            18 if !known.pollable.is_empty() => {
                let Some(number) = pick(&mut random, &known.pollable) else { continue };
                with!(Pollable, number, pollable => drop(pollable.ready()));
            }
            _ => drops(&mut random, &mut known),
        }
    }
    steps
}
