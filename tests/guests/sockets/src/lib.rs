//! Sockets by way of the standard library, and without it where that would stand in the way.

#[allow(dropping_copy_types)]
mod attack;
mod states;

use std::fmt::Debug;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};

use wasip2::io::poll::poll;
use wasip2::io::streams::{InputStream, OutputStream, StreamError};
use wasip2::sockets::instance_network::instance_network;
use wasip2::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasip2::sockets::tcp::TcpSocket;
use wasip2::sockets::tcp_create_socket::create_tcp_socket;
use wasip2::sockets::udp::OutgoingDatagram;
use wasip2::sockets::udp_create_socket::create_udp_socket;

wit_bindgen::generate!({ world: "sockets", path: "sockets.wit" });

struct Sockets;

fn said<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn code(error: ErrorCode) -> String {
    error.name().to_string()
}

fn text(error: impl Debug) -> String {
    format!("{error:?}")
}

fn v4(host: (u8, u8, u8, u8), port: u16) -> IpSocketAddress {
    IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: host })
}

/// The streams come before the socket, and are dropped before it.
fn connect(address: IpSocketAddress) -> Result<(InputStream, OutputStream, TcpSocket), ErrorCode> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    socket.start_connect(&instance_network(), address)?;
    loop {
        match socket.finish_connect() {
            Err(ErrorCode::WouldBlock) => socket.subscribe().block(),
            Err(error) => return Err(error),
            Ok((input, output)) => return Ok((input, output, socket)),
        }
    }
}

fn parsed(address: &str) -> IpSocketAddress {
    let (host, port) = address.rsplit_once(':').unwrap();
    let mut parts = host.split('.').map(|part| part.parse::<u8>().unwrap());
    let mut next = || parts.next().unwrap();
    v4((next(), next(), next(), next()), port.parse().unwrap())
}

fn told<T: Debug>(result: Result<T, StreamError>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(StreamError::Closed) => "closed".into(),
        Err(StreamError::LastOperationFailed(error)) => error.to_debug_string(),
    }
}

impl Guest for Sockets {
    fn exchange(address: String, content: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut stream = said(TcpStream::connect(&address))?;
        said(stream.write_all(&content))?;
        said(stream.shutdown(Shutdown::Write))?;
        let mut answer = Vec::new();
        said(stream.read_to_end(&mut answer))?;
        Ok(answer)
    }

    fn ask(address: String, content: Vec<u8>) -> Result<(Vec<u8>, String), String> {
        let remote = said(address.to_socket_addrs())?.next().ok_or("no address")?;
        let socket = said(UdpSocket::bind(if remote.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }))?;
        said(socket.send_to(&content, remote))?;
        let mut answer = vec![0; 65535];
        let (got, from) = said(socket.recv_from(&mut answer))?;
        answer.truncate(got);
        Ok((answer, from.to_string()))
    }

    fn serve(address: String, tell: String, connections: u32) -> Result<u64, String> {
        let listener = said(TcpListener::bind(&address))?;
        said(said(TcpStream::connect(&tell))?.write_all(said(listener.local_addr())?.to_string().as_bytes()))?;
        let mut all = 0;
        for _ in 0..connections {
            let (mut stream, _) = said(listener.accept())?;
            let mut part = vec![0; 65536];
            loop {
                let got = said(stream.read(&mut part))?;
                if got == 0 {
                    break;
                }
                said(stream.write_all(&part[..got]))?;
                all += got as u64;
            }
        }
        Ok(all)
    }

    fn answer(address: String, tell: String, datagrams: u32) -> Result<u32, String> {
        let socket = said(UdpSocket::bind(&address))?;
        said(said(TcpStream::connect(&tell))?.write_all(said(socket.local_addr())?.to_string().as_bytes()))?;
        let mut part = vec![0; 65535];
        for _ in 0..datagrams {
            let (got, from) = said(socket.recv_from(&mut part))?;
            said(socket.send_to(&part[..got], from))?;
        }
        Ok(datagrams)
    }

    fn look_up(name: String) -> Result<Vec<String>, String> {
        Ok(said((name.as_str(), 0).to_socket_addrs())?.map(|address| address.ip().to_string()).collect())
    }

    fn hold(address: String, count: u32) -> Result<u32, String> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(connect(parsed(&address)).map_err(code)?);
        }
        for (_, output, _) in &all {
            output.blocking_write_and_flush(b"x").map_err(text)?;
        }
        let mut came = vec![false; all.len()];
        while came.iter().any(|one| !one) {
            let left: Vec<usize> = (0..all.len()).filter(|&i| !came[i]).collect();
            let pollables: Vec<_> = left.iter().map(|&i| all[i].0.subscribe()).collect();
            for ready in poll(&pollables.iter().collect::<Vec<_>>()) {
                let i = left[ready as usize];
                came[i] = !all[i].0.read(1).map_err(text)?.is_empty();
            }
        }
        Ok(count)
    }

    fn pump(address: String, bytes: u64) -> Result<u64, String> {
        let mut stream = said(TcpStream::connect(&address))?;
        let part = vec![7; 65536];
        let mut left = bytes;
        while left > 0 {
            let size = left.min(65536);
            said(stream.write_all(&part[..size as usize]))?;
            left -= size;
        }
        said(stream.shutdown(Shutdown::Write))?;
        let (mut part, mut all) = (vec![0; 65536], 0);
        loop {
            let got = said(stream.read(&mut part))?;
            if got == 0 {
                return Ok(all);
            }
            all += got as u64;
        }
    }

    fn wait_accept() {
        TcpListener::bind("127.0.0.1:0").unwrap().accept().map(drop).unwrap()
    }

    fn wait_read(address: String) {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.read(&mut [0]).unwrap();
    }

    fn wait_poll(address: String) {
        let (one, other) = (connect(parsed(&address)).unwrap(), connect(parsed(&address)).unwrap());
        poll(&[&one.0.subscribe(), &other.0.subscribe()]);
    }

    fn connect_code(host: (u8, u8, u8, u8), port: u16) -> String {
        match connect(v4(host, port)) {
            Ok(_) => "ok".into(),
            Err(error) => code(error),
        }
    }

    fn stream_codes(address: String) -> String {
        let connection = connect(parsed(&address)).unwrap();
        let (input, output) = (&connection.0, &connection.1);
        let sent = told(output.blocking_write_and_flush(b"x"));
        let read = told(input.blocking_read(10));
        let again = told(input.blocking_read(10));
        let mut written = String::from("ok");
        for _ in 0..1000 {
            written = told(output.blocking_write_and_flush(&[0; 4096]));
            if written != "ok" {
                break;
            }
        }
        format!("{sent}, {read}, {again}, {written}, {}", told(output.check_write()))
    }

    fn send_codes(host: (u8, u8, u8, u8), ports: Vec<u16>) -> Vec<String> {
        let socket = create_udp_socket(IpAddressFamily::Ipv4).unwrap();
        if let Err(error) = socket.start_bind(&instance_network(), v4((0, 0, 0, 0), 0)) {
            return vec![code(error)];
        }
        socket.finish_bind().unwrap();
        let (_incoming, outgoing) = socket.stream(None).unwrap();
        ports
            .into_iter()
            .map(|port| {
                outgoing.check_send().unwrap();
                let datagram = OutgoingDatagram { data: b"x".to_vec(), remote_address: Some(v4(host, port)) };
                outgoing.send(&[datagram]).map_or_else(code, |sent| sent.to_string())
            })
            .collect()
    }

    fn listen_codes(host: (u8, u8, u8, u8), port: u16) -> String {
        let socket = create_tcp_socket(IpAddressFamily::Ipv4).unwrap();
        let bound = socket.start_bind(&instance_network(), v4(host, port)).map_or_else(code, |_| "ok".into());
        if bound == "ok" {
            socket.finish_bind().unwrap();
        }
        format!("{bound}, {}", socket.start_listen().map_or_else(code, |_| "ok".into()))
    }

    fn leave(address: String) -> u64 {
        let connection = connect(parsed(&address)).unwrap();
        connection.2.set_send_buffer_size(1).unwrap();
        let mut all = 0;
        loop {
            let most = connection.1.check_write().unwrap();
            if most == 0 {
                return all;
            }
            connection.1.write(&vec![5; most as usize]).unwrap();
            all += most;
        }
    }

    fn tcp_states(address: String) -> Vec<String> {
        states::tcp(&address)
    }

    fn udp_states(address: String) -> Vec<String> {
        states::udp(&address)
    }

    fn exhaust(most: u32) -> (u32, String) {
        let mut all = Vec::new();
        for _ in 0..most {
            match create_tcp_socket(IpAddressFamily::Ipv4) {
                Ok(socket) => all.push(socket),
                Err(error) => return (all.len() as u32, code(error)),
            }
        }
        (all.len() as u32, "ok".into())
    }

    fn attack(seed: u64, steps: u32, port: u16) -> u32 {
        attack::run(seed, steps, port)
    }
}

export!(Sockets);
