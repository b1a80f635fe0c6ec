//! Answers HTTP requests itself, by wasi:http/incoming-handler.
//!
//! `/echo` sends the body back as it arrives, `/describe` says what the request is, `/count` writes numbers without end until nobody
//! takes them, `/silent` answers nothing, `/refuse` answers with an error, `/trap` traps, `/sleep` waits for a clock.

use wasi::clocks::monotonic_clock;
use wasi::http::types::{ErrorCode, Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam, Scheme};
use wasi::io::streams::StreamError;

struct Component;
wasi::http::proxy::export!(Component);

fn begin(out: ResponseOutparam, status: u16, headers: &[(&str, &str)]) -> OutgoingBody {
    let fields = Fields::new();
    for (name, value) in headers {
        fields.append(&name.to_string(), &value.as_bytes().to_vec()).unwrap();
    }
    let response = OutgoingResponse::new(fields);
    response.set_status_code(status).unwrap();
    let body = response.body().unwrap();
    ResponseOutparam::set(out, Ok(response));
    body
}

fn text(out: ResponseOutparam, status: u16, text: &str) {
    let body = begin(out, status, &[("content-type", "text/plain")]);
    let stream = body.write().unwrap();
    for piece in text.as_bytes().chunks(4096) {
        stream.blocking_write_and_flush(piece).unwrap();
    }
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

fn echo(request: IncomingRequest, out: ResponseOutparam) {
    let body = begin(out, 201, &[("x-guest", "incoming"), ("x-guest", "twice")]);
    let output = body.write().unwrap();
    let incoming = request.consume().unwrap();
    let input = incoming.stream().unwrap();
    loop {
        match input.blocking_read(65536) {
            Ok(piece) => {
                for part in piece.chunks(4096) {
                    output.blocking_write_and_flush(part).unwrap();
                }
            }
            Err(StreamError::Closed) => break,
            Err(problem) => panic!("{problem:?}"),
        }
    }
    drop(output);
    OutgoingBody::finish(body, None).unwrap();
}

fn describe(request: IncomingRequest, out: ResponseOutparam) {
    let method = match request.method() {
        Method::Other(name) => format!("other {name}"),
        known => format!("{known:?}"),
    };
    let scheme = match request.scheme() {
        Some(Scheme::Http) => "http",
        Some(Scheme::Https) => "https",
        _ => "?",
    };
    let headers = request.headers();
    let one = headers.get(&"X-One".to_string()).len();
    let host = headers.has(&"host".to_string());
    let mut lines = vec![
        format!("{method} {} {scheme} {}", request.path_with_query().unwrap_or_default(), request.authority().is_some()),
        format!("{one} {host} {}", headers.delete(&"x-one".to_string()).is_err()),
    ];
    for (name, value) in headers.entries() {
        lines.push(format!("{name}: {}", String::from_utf8_lossy(&value)));
    }
    text(out, 200, &lines.join("\n"));
}

impl wasi::exports::http::incoming_handler::Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        match path.split('?').next().unwrap() {
            "/echo" => echo(request, out),
            "/count" => {
                let body = begin(out, 200, &[]);
                let stream = body.write().unwrap();
                let mut number: u64 = 0;
                while stream.blocking_write_and_flush(format!("{number:>4095}\n").as_bytes()).is_ok() {
                    number += 1;
                }
            }
            "/silent" => drop(out),
            "/refuse" => ResponseOutparam::set(out, Err(ErrorCode::HttpRequestDenied)),
            "/trap" => panic!("as asked"),
            "/sleep" => {
                monotonic_clock::subscribe_duration(3_600_000_000_000).block();
                text(out, 200, "slept");
            }
            _ => describe(request, out),
        }
    }
}
