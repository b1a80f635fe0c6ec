//! One function for each part of WASI 0.2: by way of the standard library, and without it where that would stand in the way.

use std::cell::Cell;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

use wasip2::cli::environment;
use wasip2::clocks::{monotonic_clock, wall_clock};
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags};
use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, Method, OutgoingBody, OutgoingRequest, Scheme};
use wasip2::random::{insecure, insecure_seed, random};

wit_bindgen::generate!({ world: "outside", path: "outside.wit" });

struct Outside;

fn text(error: impl Debug) -> String {
    format!("{error:?}")
}

fn said<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn folder(number: u32) -> Result<Descriptor, String> {
    let mut all = get_directories();
    if (number as usize) < all.len() { Ok(all.swap_remove(number as usize).0) } else { Err("no such folder".into()) }
}

fn follow(yes: bool) -> PathFlags {
    if yes { PathFlags::SYMLINK_FOLLOW } else { PathFlags::empty() }
}

fn read_all(file: &Descriptor) -> Result<Vec<u8>, String> {
    let mut whole = Vec::new();
    loop {
        let (part, end) = file.read(65536, whole.len() as u64).map_err(text)?;
        whole.extend_from_slice(&part);
        if end || part.is_empty() || whole.len() > 1 << 20 {
            return Ok(whole);
        }
    }
}

fn read_below(base: &Descriptor, path: &str, flags: PathFlags) -> Result<Vec<u8>, String> {
    read_all(&base.open_at(flags, path, OpenFlags::empty(), DescriptorFlags::READ).map_err(text)?)
}

thread_local!(static CALLS: Cell<u32> = const { Cell::new(0) });

impl Guest for Outside {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn count() -> u32 {
        CALLS.set(CALLS.get() + 1);
        CALLS.get()
    }

    fn arguments() -> Vec<String> {
        environment::get_arguments()
    }

    fn variables() -> Vec<(String, String)> {
        environment::get_environment()
    }

    fn variable(name: String) -> Option<String> {
        std::env::var(name).ok()
    }

    fn initial_folder() -> Option<String> {
        environment::initial_cwd()
    }

    fn current_folder() -> Result<String, String> {
        said(std::env::current_dir()).map(|path| path.to_string_lossy().into_owned())
    }

    fn say(text: Vec<u8>) {
        let _ = io::stdout().write_all(&text).and_then(|()| io::stdout().flush());
    }

    fn complain(text: Vec<u8>) {
        let _ = io::stderr().write_all(&text);
    }

    fn flood(lines: u32) -> u32 {
        let line = [[b'x'; 99].as_slice(), b"\n"].concat();
        let mut out = io::stdout().lock();
        (0..lines).take_while(|_| out.write_all(&line).is_ok()).count() as u32
    }

    fn read_input() -> Vec<u8> {
        let mut whole = Vec::new();
        let _ = io::stdin().read_to_end(&mut whole);
        whole
    }

    fn leave(code: i32) {
        std::process::exit(code)
    }

    fn seconds() -> u64 {
        wall_clock::now().seconds
    }

    fn ticks() -> u64 {
        monotonic_clock::now()
    }

    fn wall_resolution() -> u64 {
        let resolution = wall_clock::resolution();
        resolution.seconds * 1_000_000_000 + u64::from(resolution.nanoseconds)
    }

    fn monotonic_resolution() -> u64 {
        monotonic_clock::resolution()
    }

    fn sleep_ms(ms: u32) {
        sleep(Duration::from_millis(ms.into()))
    }

    fn spin_ms(ms: u32) {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(ms.into()) {}
    }

    fn secure_random() -> u64 {
        random::get_random_u64()
    }

    fn insecure_random() -> u64 {
        insecure::get_insecure_random_u64()
    }

    fn insecure_seed() -> (u64, u64) {
        insecure_seed::insecure_seed()
    }

    fn read_file(path: String) -> Result<Vec<u8>, String> {
        said(fs::read(path))
    }

    fn write_file(path: String, text: Vec<u8>) -> Result<(), String> {
        said(fs::write(path, text))
    }

    fn append_file(path: String, text: Vec<u8>) -> Result<(), String> {
        said(OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(&text)))
    }

    fn truncate_file(path: String, size: u64) -> Result<(), String> {
        said(OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(size)))
    }

    fn list_folder(path: String) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        for entry in said(fs::read_dir(path))? {
            names.push(said(entry)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn make_folder(path: String) -> Result<(), String> {
        said(fs::create_dir(path))
    }

    fn remove_file(path: String) -> Result<(), String> {
        said(fs::remove_file(path))
    }

    fn remove_folder(path: String) -> Result<(), String> {
        said(fs::remove_dir(path))
    }

    fn move_file(from: String, to: String) -> Result<(), String> {
        said(fs::rename(from, to))
    }

    fn sum_file(path: String) -> Result<(u64, u64), String> {
        let mut file = said(File::open(path))?;
        let mut part = vec![0; 65536];
        let (mut size, mut sum) = (0, 0);
        loop {
            let got = said(file.read(&mut part))?;
            if got == 0 {
                return Ok((size, sum));
            }
            size += got as u64;
            sum += part[..got].iter().map(|&byte| u64::from(byte)).sum::<u64>();
        }
    }

    fn size_file(path: String) -> Result<u64, String> {
        let mut file = said(File::open(path))?;
        let mut part = vec![0; 65536];
        let mut size = 0;
        loop {
            let got = said(file.read(&mut part))?;
            if got == 0 {
                return Ok(size);
            }
            size += got as u64;
        }
    }

    fn open_many(path: String, count: u32) -> u32 {
        let files: Vec<File> = (0..count).map_while(|_| File::open(&path).ok()).collect();
        files.len() as u32
    }

    fn folders() -> Vec<String> {
        get_directories().into_iter().map(|(_, name)| name).collect()
    }

    fn read_at(number: u32, path: String, links: bool) -> Result<Vec<u8>, String> {
        read_below(&folder(number)?, &path, follow(links))
    }

    fn write_at(number: u32, path: String, content: Vec<u8>) -> Result<(), String> {
        let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE;
        let file = folder(number)?.open_at(follow(true), &path, flags, DescriptorFlags::WRITE).map_err(text)?;
        file.write(&content, 0).map(|_| ()).map_err(text)
    }

    fn list_at(number: u32, path: String) -> Result<Vec<String>, String> {
        let below = folder(number)?.open_at(follow(true), &path, OpenFlags::DIRECTORY, DescriptorFlags::READ).map_err(text)?;
        let entries = below.read_directory().map_err(text)?;
        let mut names = Vec::new();
        while let Some(entry) = entries.read_directory_entry().map_err(text)? {
            names.push(entry.name);
        }
        names.sort();
        Ok(names)
    }

    fn stat_at(number: u32, path: String, links: bool) -> Result<u64, String> {
        folder(number)?.stat_at(follow(links), &path).map(|stat| stat.size).map_err(text)
    }

    fn touch_at(number: u32, path: String) -> Result<(), String> {
        folder(number)?.set_times_at(follow(true), &path, NewTimestamp::Now, NewTimestamp::Now).map_err(text)
    }

    fn make_at(number: u32, path: String) -> Result<(), String> {
        folder(number)?.create_directory_at(&path).map_err(text)
    }

    fn remove_at(number: u32, path: String) -> Result<(), String> {
        folder(number)?.unlink_file_at(&path).map_err(text)
    }

    fn remove_folder_at(number: u32, path: String) -> Result<(), String> {
        folder(number)?.remove_directory_at(&path).map_err(text)
    }

    fn rename_at(number: u32, path: String, to_number: u32, to: String) -> Result<(), String> {
        folder(number)?.rename_at(&path, &folder(to_number)?, &to).map_err(text)
    }

    fn link_at(number: u32, path: String, to_number: u32, to: String) -> Result<(), String> {
        folder(number)?.link_at(PathFlags::empty(), &path, &folder(to_number)?, &to).map_err(text)
    }

    fn symlink_at(number: u32, target: String, path: String) -> Result<(), String> {
        folder(number)?.symlink_at(&target, &path).map_err(text)
    }

    fn readlink_at(number: u32, path: String) -> Result<String, String> {
        folder(number)?.readlink_at(&path).map_err(text)
    }

    fn read_below(number: u32, below: String, path: String) -> Result<Vec<u8>, String> {
        let inner = folder(number)?.open_at(follow(true), &below, OpenFlags::DIRECTORY, DescriptorFlags::READ).map_err(text)?;
        read_below(&inner, &path, follow(true))
    }

    fn read_often(number: u32, path: String, times: u32) -> Vec<Vec<u8>> {
        let mut seen: Vec<Vec<u8>> = Vec::new();
        let Ok(base) = folder(number) else { return seen };
        for _ in 0..times {
            if let Ok(content) = read_below(&base, &path, follow(true)) {
                if !seen.contains(&content) {
                    seen.push(content);
                }
            }
        }
        seen
    }

    fn tcp_exchange(address: String, content: Vec<u8>) -> Result<Vec<u8>, String> {
        let address: SocketAddr = address.parse().map_err(text)?;
        let mut stream = said(TcpStream::connect(address))?;
        said(stream.write_all(&content))?;
        let mut answer = vec![0; 1024];
        let got = said(stream.read(&mut answer))?;
        answer.truncate(got);
        Ok(answer)
    }

    fn udp_exchange(address: String, content: Vec<u8>) -> Result<Vec<u8>, String> {
        let address: SocketAddr = address.parse().map_err(text)?;
        let socket = said(UdpSocket::bind("127.0.0.1:0"))?;
        said(socket.send_to(&content, address))?;
        let mut answer = vec![0; 1024];
        let (got, _) = said(socket.recv_from(&mut answer))?;
        answer.truncate(got);
        Ok(answer)
    }

    fn tcp_listen(address: String) -> Result<(), String> {
        said(TcpListener::bind(address.parse::<SocketAddr>().map_err(text)?)).map(|_| ())
    }

    fn look_up(name: String) -> Result<Vec<String>, String> {
        Ok(said((name.as_str(), 80).to_socket_addrs())?.map(|address| address.ip().to_string()).collect())
    }

    fn fetch(authority: String, path: String, body: Option<Vec<u8>>) -> Result<(u16, Vec<u8>), String> {
        let request = OutgoingRequest::new(Fields::new());
        request.set_method(if body.is_some() { &Method::Post } else { &Method::Get }).map_err(text)?;
        request.set_scheme(Some(&Scheme::Http)).map_err(text)?;
        request.set_authority(Some(&authority)).map_err(text)?;
        request.set_path_with_query(Some(&path)).map_err(text)?;
        let outgoing = request.body().map_err(text)?;
        let response = outgoing_handler::handle(request, None).map_err(text)?;
        if let Some(content) = body {
            let stream = outgoing.write().map_err(text)?;
            stream.blocking_write_and_flush(&content).map_err(text)?;
        }
        OutgoingBody::finish(outgoing, None).map_err(text)?;
        response.subscribe().block();
        let answer = response.get().ok_or("no answer")?.map_err(text)?.map_err(text)?;
        let incoming = answer.consume().map_err(text)?;
        let stream = incoming.stream().map_err(text)?;
        let mut whole = Vec::new();
        while let Ok(part) = stream.blocking_read(65536) {
            whole.extend_from_slice(&part);
        }
        Ok((answer.status(), whole))
    }
}

export!(Outside);
