//! A server and its client, both with the standard library's sockets: `std::net` stands on wasi:sockets.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

wit_bindgen::generate!({ path: "tally.wit", world: "guest" });

use exports::demo::tally::tally::{Guest, GuestServer, Server};

struct Tally;

struct Listening {
    listener: TcpListener,
    counts: RefCell<HashMap<String, u32>>,
}

fn said<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

impl GuestServer for Listening {
    fn listen(address: String) -> Result<Server, String> {
        let listener = said(TcpListener::bind(&address))?;
        Ok(Server::new(Listening { listener, counts: RefCell::default() }))
    }

    fn address(&self) -> String {
        self.listener.local_addr().map_or_else(|error| error.to_string(), |address| address.to_string())
    }

    fn serve(&self, clients: u32) -> Result<u32, String> {
        let mut lines = 0;
        for _ in 0..clients {
            let (client, _) = said(self.listener.accept())?;
            for name in BufReader::new(&client).lines() {
                let name = said(name)?;
                let mut counts = self.counts.borrow_mut();
                let count = counts.entry(name.clone()).or_default();
                *count += 1;
                said(writeln!(&client, "{name}: {count}"))?;
                lines += 1;
            }
        }
        Ok(lines)
    }
}

impl Guest for Tally {
    type Server = Listening;

    fn count(address: String, names: Vec<String>) -> Result<Vec<String>, String> {
        let server = said(TcpStream::connect(&address))?;
        let mut answers = BufReader::new(&server).lines();
        names
            .into_iter()
            .map(|name| {
                said(writeln!(&server, "{name}"))?;
                said(answers.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into())))
            })
            .collect()
    }
}

export!(Tally);
