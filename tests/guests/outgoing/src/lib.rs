//! Sends HTTP requests, by wasi:http/outgoing-handler: from functions of its own, and, by wasi:http/incoming-handler, for each request
//! that it gets the same one to the authority in its header `x-to`, whose answer it streams back.

use wasi::http::outgoing_handler;
use wasi::http::types::{
    http_error_code, ErrorCode, Fields, FutureIncomingResponse, IncomingRequest, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    OutgoingResponse, RequestOptions, ResponseOutparam, Scheme,
};
use wasi::io::poll;
use wasi::io::streams::{InputStream, OutputStream, StreamError};

wit_bindgen::generate!({ path: "outgoing.wit", world: "outgoing" });

struct Component;
wasi::http::proxy::export!(Component);
export!(Component);

fn method(name: &str) -> Method {
    match name {
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        "CONNECT" => Method::Connect,
        "OPTIONS" => Method::Options,
        "TRACE" => Method::Trace,
        "PATCH" => Method::Patch,
        other => Method::Other(other.to_string()),
    }
}

fn scheme(name: &str) -> Scheme {
    match name {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_string()),
    }
}

fn prepared(request: &Request) -> Result<(OutgoingRequest, Option<RequestOptions>), String> {
    let fields = Fields::from_list(&request.headers).map_err(|problem| format!("headers: {problem:?}"))?;
    let outgoing = OutgoingRequest::new(fields);
    if !request.method.is_empty() {
        outgoing.set_method(&method(&request.method)).map_err(|()| "method")?;
    }
    if !request.scheme.is_empty() {
        outgoing.set_scheme(Some(&scheme(&request.scheme))).map_err(|()| "scheme")?;
    }
    if !request.authority.is_empty() {
        outgoing.set_authority(Some(&request.authority)).map_err(|()| "authority")?;
    }
    if !request.path.is_empty() {
        outgoing.set_path_with_query(Some(&request.path)).map_err(|()| "path")?;
    }
    let times = [request.connect_ms, request.first_byte_ms, request.between_bytes_ms].map(|time| time.map(|ms| ms * 1_000_000));
    if times == [None; 3] {
        return Ok((outgoing, None));
    }
    let options = RequestOptions::new();
    options.set_connect_timeout(times[0]).map_err(|()| "connect-timeout")?;
    options.set_first_byte_timeout(times[1]).map_err(|()| "first-byte-timeout")?;
    options.set_between_bytes_timeout(times[2]).map_err(|()| "between-bytes-timeout")?;
    Ok((outgoing, Some(options)))
}

fn post(authority: &str, path: &str, headers: &[(String, Vec<u8>)]) -> OutgoingRequest {
    let request = OutgoingRequest::new(Fields::from_list(headers).unwrap());
    request.set_method(&Method::Post).unwrap();
    request.set_scheme(Some(&Scheme::Http)).unwrap();
    request.set_authority(Some(authority)).unwrap();
    request.set_path_with_query(Some(path)).unwrap();
    request
}

fn told(code: ErrorCode) -> String {
    format!("{code:?}")
}

fn broken(problem: StreamError) -> String {
    match problem {
        StreamError::Closed => "closed".to_string(),
        StreamError::LastOperationFailed(error) => match http_error_code(&error) {
            Some(code) => format!("stream: {code:?}"),
            None => "stream: no code".to_string(),
        },
    }
}

fn write_all(stream: &OutputStream, mut content: &[u8]) -> Result<(), StreamError> {
    let pollable = stream.subscribe();
    while !content.is_empty() {
        pollable.block();
        let room = (stream.check_write()? as usize).min(content.len());
        stream.write(&content[..room])?;
        content = &content[room..];
    }
    // A body that has all of its Content-Length may be closed already.
    match stream.flush() {
        Ok(()) => pollable.block(),
        Err(StreamError::Closed) => return Ok(()),
        Err(problem) => return Err(problem),
    }
    match stream.check_write() {
        Ok(_) | Err(StreamError::Closed) => Ok(()),
        Err(problem) => Err(problem),
    }
}

fn come(future: &FutureIncomingResponse) -> Result<IncomingResponse, String> {
    let pollable = future.subscribe();
    pollable.block();
    future.get().ok_or("nothing")?.map_err(|()| "twice")?.map_err(told)
}

fn read(response: &IncomingResponse, mut piece: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), String> {
    let body = response.consume().map_err(|()| "consume")?;
    {
        let stream: InputStream = body.stream().map_err(|()| "stream")?;
        loop {
            match stream.blocking_read(65536) {
                Ok(found) => piece(&found)?,
                Err(StreamError::Closed) => break,
                Err(problem) => return Err(broken(problem)),
            }
        }
    }
    let trailers = wasi::http::types::IncomingBody::finish(body);
    trailers.subscribe().block();
    match trailers.get() {
        Some(Ok(Ok(None))) => Ok(()),
        other => Err(format!("trailers: {other:?}")),
    }
}

impl Guest for Component {
    fn fetch(request: Request) -> Result<Answer, String> {
        let (outgoing, options) = prepared(&request)?;
        let body = match request.body {
            Some(_) => Some(outgoing.body().map_err(|()| "body")?),
            None => None,
        };
        let future = outgoing_handler::handle(outgoing, options).map_err(|code| format!("handle: {}", told(code)))?;
        if let Some(body) = body {
            {
                let stream = body.write().map_err(|()| "write")?;
                write_all(&stream, &request.body.unwrap()).map_err(broken)?;
            }
            OutgoingBody::finish(body, None).map_err(|code| format!("finish: {}", told(code)))?;
        }
        let response = come(&future)?;
        if !matches!(future.get(), Some(Err(()))) {
            return Err("the response came twice".to_string());
        }
        let mut whole = Vec::new();
        read(&response, |piece| {
            whole.extend_from_slice(piece);
            Ok(())
        })?;
        let mut headers = response.headers().entries();
        headers.sort();
        Ok(Answer { status: response.status(), headers, body: whole })
    }

    fn converse(authority: String, path: String, pieces: u32) -> Result<String, String> {
        let request = post(&authority, &path, &[]);
        let body = request.body().unwrap();
        let future = outgoing_handler::handle(request, None).map_err(told)?;
        let output = body.write().unwrap();
        let mut said = String::new();
        output.blocking_write_and_flush(b"piece 0;").map_err(broken)?;
        let response = come(&future)?;
        let incoming = response.consume().unwrap();
        let input = incoming.stream().unwrap();
        for number in 1..=pieces {
            let end = format!("piece {};", number - 1);
            while !said.ends_with(&end) {
                said += &String::from_utf8(input.blocking_read(100).map_err(broken)?).unwrap();
            }
            if number < pieces {
                output.blocking_write_and_flush(format!("piece {number};").as_bytes()).map_err(broken)?;
            }
        }
        drop(output);
        OutgoingBody::finish(body, None).map_err(told)?;
        match input.blocking_read(100) {
            Err(StreamError::Closed) => Ok(said),
            other => Err(format!("{other:?}")),
        }
    }

    fn pass(authority: String, path: String, size: u64) -> Result<(u64, u64), String> {
        let request = post(&authority, &path, &[("content-length".to_string(), size.to_string().into_bytes())]);
        let body = request.body().unwrap();
        let future = outgoing_handler::handle(request, None).map_err(told)?;
        let piece: Vec<u8> = (0..=250).cycle().take(251 * 256).collect();
        let mut left = size as usize;
        {
            let output = body.write().unwrap();
            while left > 0 {
                let now = left.min(piece.len());
                write_all(&output, &piece[..now]).map_err(broken)?;
                left -= now;
            }
        }
        OutgoingBody::finish(body, None).map_err(told)?;
        let response = come(&future)?;
        let (mut count, mut sum) = (0, 0);
        read(&response, |found| {
            count += found.len() as u64;
            sum += found.iter().map(|byte| u64::from(*byte)).sum::<u64>();
            Ok(())
        })?;
        Ok((count, sum))
    }

    fn many(authority: String, path: String, count: u32) -> Result<Vec<u16>, String> {
        let mut open = Vec::new();
        for _ in 0..count {
            open.push(outgoing_handler::handle(post(&authority, &path, &[]), None).map_err(told)?);
        }
        let mut found = Vec::new();
        while !open.is_empty() {
            let ready = {
                let pollables: Vec<_> = open.iter().map(FutureIncomingResponse::subscribe).collect();
                poll::poll(&pollables.iter().collect::<Vec<_>>())
            };
            for index in ready.into_iter().rev() {
                let future = open.remove(index as usize);
                let response = future.get().ok_or("nothing")?.map_err(|()| "twice")?.map_err(told)?;
                found.push(response.status());
            }
        }
        Ok(found)
    }

    fn leave(authority: String, path: String, how: String) -> String {
        let headers = if how == "short" { vec![("content-length".to_string(), b"10".to_vec())] } else { vec![] };
        let request = post(&authority, &path, &headers);
        let body = request.body().unwrap();
        let future = match outgoing_handler::handle(request, None) {
            Ok(future) => future,
            Err(code) => return told(code),
        };
        body.write().unwrap().blocking_write_and_flush(b"12345").unwrap();
        match how.as_str() {
            "drop" => "dropped".to_string(),
            "keep" => {
                std::mem::forget((future, body));
                "kept".to_string()
            }
            "unfinished" => {
                drop(body);
                come(&future).err().unwrap_or("an answer".to_string())
            }
            _ => match OutgoingBody::finish(body, None) {
                Ok(()) => come(&future).err().unwrap_or("an answer".to_string()),
                Err(code) => format!("finish: {}", told(code)),
            },
        }
    }

    fn parts(request: Request) -> String {
        let (outgoing, options) = match prepared(&request) {
            Ok(found) => found,
            Err(what) => return format!("not a good {what}"),
        };
        let times = options.map(|options| (options.connect_timeout(), options.first_byte_timeout(), options.between_bytes_timeout()));
        let (method, scheme, authority, path) = (outgoing.method(), outgoing.scheme(), outgoing.authority(), outgoing.path_with_query());
        let headers = outgoing.headers();
        let fixed = headers.append("x-more", b"1").err();
        format!("{method:?} {scheme:?} {authority:?} {path:?} {times:?} {} {fixed:?}", headers.entries().len())
    }
}

fn refuse(out: ResponseOutparam, code: ErrorCode) {
    let response = OutgoingResponse::new(Fields::new());
    response.set_status_code(502).unwrap();
    let body = response.body().unwrap();
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().unwrap();
    stream.blocking_write_and_flush(told(code).as_bytes()).unwrap();
    drop(stream);
    OutgoingBody::finish(body, None).unwrap();
}

impl wasi::exports::http::incoming_handler::Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let to = String::from_utf8(request.headers().get("x-to").concat()).unwrap();
        let kind = request.headers().get("content-type").concat();
        let outgoing = post(&to, &request.path_with_query().unwrap(), &[("content-type".to_string(), kind)]);
        outgoing.set_method(&request.method()).unwrap();
        let body = outgoing.body().unwrap();
        let future = match outgoing_handler::handle(outgoing, None) {
            Ok(future) => future,
            Err(code) => return refuse(out, code),
        };
        {
            let output = body.write().unwrap();
            let incoming = request.consume().unwrap();
            let input = incoming.stream().unwrap();
            while let Ok(piece) = input.blocking_read(65536) {
                if write_all(&output, &piece).is_err() {
                    break;
                }
            }
        }
        if let Err(code) = OutgoingBody::finish(body, None) {
            return refuse(out, code);
        }
        future.subscribe().block();
        let answer = match future.get().unwrap().unwrap() {
            Ok(answer) => answer,
            Err(code) => return refuse(out, code),
        };
        let response = OutgoingResponse::new(answer.headers().clone());
        response.set_status_code(answer.status()).unwrap();
        let body = response.body().unwrap();
        ResponseOutparam::set(out, Ok(response));
        {
            let output = body.write().unwrap();
            let incoming = answer.consume().unwrap();
            let input = incoming.stream().unwrap();
            while let Ok(piece) = input.blocking_read(65536) {
                for part in piece.chunks(4096) {
                    output.blocking_write_and_flush(part).unwrap();
                }
            }
        }
        OutgoingBody::finish(body, None).unwrap();
    }
}
