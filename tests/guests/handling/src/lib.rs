//! A handler of wasi:http 0.3: what it does stands in the path of the request.

use wasip3::clocks::monotonic_clock;
use wasip3::http::client;
use wasip3::http::types::{ErrorCode, Fields, Method, Request, RequestOptions, Response, Scheme};
use wasip3::wit_bindgen::{self, StreamReader, StreamResult};
use wasip3::{wit_future, wit_stream};

wasip3::http::service::export!(Guest);

struct Guest;

type Answer = Result<Response, ErrorCode>;

const PIECE: usize = 65536;

fn headers(pairs: &[(&str, &str)]) -> Fields {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    Fields::from_list(&pairs).unwrap()
}

/// Gives a response whose body is a stream, without trailers.
fn streaming(status: u16, fields: Fields, body: Option<StreamReader<u8>>) -> Response {
    let (trailers, reader) = wit_future::new(|| Ok(None));
    let (response, _sent) = Response::new(fields, body, reader);
    drop(trailers);
    response.set_status_code(status).unwrap();
    response
}

fn text(status: u16, body: String) -> Answer {
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        writer.write_all(body.into_bytes()).await;
    });
    Ok(streaming(status, headers(&[("content-type", "text/plain")]), Some(reader)))
}

/// Takes the body of a request, which nobody finds fault with.
fn body_of(request: Request) -> StreamReader<u8> {
    let (fine, result) = wit_future::new(|| Ok(()));
    drop(fine);
    let (body, _trailers) = Request::consume_body(request, result);
    body
}

fn describe(request: Request) -> Answer {
    let fields = request.get_headers();
    let mut lines = vec![
        format!("{:?} {:?}", request.get_method(), request.get_path_with_query()),
        format!("{:?} {:?}", request.get_scheme(), request.get_authority()),
        format!("{:?} {:?}", fields.append("x-more", b"1"), request.get_options().is_some()),
    ];
    for (name, value) in fields.copy_all() {
        lines.push(format!("{name}: {}", String::from_utf8_lossy(&value)));
    }
    text(200, lines.join("\n"))
}

fn fields() -> Answer {
    let fields = headers(&[("X-One", "1"), ("x-two", "2"), ("x-one", "3")]);
    let mut lines = vec![
        format!("{:?} {} {}", fields.get("X-ONE"), fields.has("x-two"), fields.has("x three")),
        format!("{:?} {:?}", fields.set("x-two", &[b"a".to_vec(), b"b".to_vec()]), fields.get("x-two")),
        format!("{:?} {:?}", fields.get_and_delete("x-one"), fields.has("x-one")),
        format!("{:?} {:?}", fields.append("x\n", b"1"), fields.append("host", b"1")),
        format!("{:?} {:?}", fields.append("x", b"a\nb"), fields.append("x", &[b'x'; 20000])),
        format!("{:?}", fields.delete("x-two")),
    ];
    let copy = fields.clone();
    copy.append("x-three", b"3").unwrap();
    lines.push(format!("{:?} {:?}", fields.copy_all(), copy.copy_all()));
    text(200, lines.join("\n"))
}

/// Copies the request's body through the guest's own memory, in upper case.
fn upper(request: Request) -> Answer {
    let mut body = body_of(request);
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        loop {
            let (result, mut piece) = body.read(Vec::with_capacity(PIECE)).await;
            piece.make_ascii_uppercase();
            if !writer.write_all(piece).await.is_empty() || !matches!(result, StreamResult::Complete(_)) {
                return;
            }
        }
    });
    Ok(streaming(200, Fields::new(), Some(reader)))
}

/// Tells how many bytes the body had and how it ended, when it is over.
async fn counted(request: Request) -> Answer {
    let (fine, result) = wit_future::new(|| Ok(()));
    drop(fine);
    let (mut body, trailers) = Request::consume_body(request, result);
    let mut size = 0;
    loop {
        let (result, piece) = body.read(Vec::with_capacity(PIECE)).await;
        size += piece.len();
        if !matches!(result, StreamResult::Complete(_)) {
            break;
        }
    }
    drop(body);
    text(200, format!("{size} {:?}", trailers.await.map(|found| found.is_some())))
}

/// Writes without end; the client sees the rest when it stops reading.
fn endless() -> Answer {
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move { while writer.write_all(vec![b'x'; PIECE]).await.is_empty() {} });
    Ok(streaming(200, Fields::new(), Some(reader)))
}

/// A line now, and another after a while.
fn slow() -> Answer {
    let (mut writer, reader) = wit_stream::new();
    wit_bindgen::spawn_local(async move {
        writer.write_all(b"first\n".to_vec()).await;
        monotonic_clock::wait_for(50_000_000).await;
        writer.write_all(b"second\n".to_vec()).await;
    });
    Ok(streaming(200, Fields::new(), Some(reader)))
}

/// A body that ends with an error.
fn broken() -> Answer {
    let (mut writer, reader) = wit_stream::new();
    let (trailers, result) = wit_future::new(|| Ok(None));
    let (response, _sent) = Response::new(Fields::new(), Some(reader), result);
    wit_bindgen::spawn_local(async move {
        writer.write_all(b"half".to_vec()).await;
        drop(writer);
        let _ = trailers.write(Err(ErrorCode::InternalError(Some("halfway".to_string())))).await;
    });
    Ok(response)
}

/// Sends a request to the authority and path that the header x-to names, with the body of this one where it has one, and passes on the answer.
async fn forward(request: Request, how: &str) -> Answer {
    let to = request.get_headers().get("x-to").pop().and_then(|value| String::from_utf8(value).ok()).unwrap();
    let (authority, path) = to.split_at(to.find('/').unwrap_or(to.len()));
    let method = request.get_method();
    let body = if matches!(method, Method::Get) { None } else { Some(body_of(request)) };
    let (trailers, reader) = wit_future::new(|| Ok(None));
    let options = RequestOptions::new();
    options.set_first_byte_timeout(Some(2_000_000_000)).unwrap();
    let (outgoing, sent) = Request::new(headers(&[("x-by", "guest")]), body, reader, Some(options));
    drop(trailers);
    outgoing.set_method(&method).unwrap();
    outgoing.set_scheme(Some(&Scheme::Http)).unwrap();
    outgoing.set_authority(Some(authority)).unwrap();
    outgoing.set_path_with_query(Some(path)).unwrap();
    let answer = match client::send(outgoing).await {
        Ok(answer) => answer,
        Err(code) => return text(502, format!("{code:?}")),
    };
    if how == "pass" {
        return Ok(answer);
    }
    let status = answer.get_status_code();
    let (fine, result) = wit_future::new(|| Ok(()));
    drop(fine);
    let (body, _trailers) = Response::consume_body(answer, result);
    let all = body.collect().await;
    text(status, format!("{} bytes, sent: {:?}", all.len(), sent.await))
}

fn setters(request: Request) -> Answer {
    let (trailers, reader) = wit_future::new(|| Ok(None));
    let (made, _sent) = Request::new(Fields::new(), None, reader, None);
    drop(trailers);
    let options = RequestOptions::new();
    let fixed = RequestOptions::new();
    fixed.set_connect_timeout(Some(5)).unwrap();
    let (trailers, reader) = wit_future::new(|| Ok(None));
    let (other, _sent) = Request::new(Fields::new(), None, reader, Some(fixed));
    drop(trailers);
    let held = other.get_options().unwrap();
    let lines = [
        format!("{:?} {:?} {:?} {:?}", made.get_method(), made.get_scheme(), made.get_authority(), made.get_path_with_query()),
        format!("{:?} {:?}", made.set_method(&Method::Other("A B".into())), made.set_method(&Method::Other("BREW".into()))),
        format!("{:?} {:?}", made.set_authority(Some("a/b")), made.set_authority(Some("a.b:80"))),
        format!("{:?} {:?}", made.set_path_with_query(Some("a b")), made.set_path_with_query(Some("/a?b"))),
        format!("{:?} {:?}", made.set_scheme(Some(&Scheme::Other("a b".into()))), made.set_scheme(Some(&Scheme::Https))),
        format!("{:?} {:?} {:?} {:?}", made.get_method(), made.get_scheme(), made.get_authority(), made.get_path_with_query()),
        format!("{:?} {:?}", options.set_between_bytes_timeout(Some(7)), options.get_between_bytes_timeout()),
        format!("{:?} {:?} {:?}", held.set_connect_timeout(None), held.get_connect_timeout(), held.clone().set_connect_timeout(None)),
        format!("{:?}", request.get_headers().delete("x")),
        format!("{:?}", streaming(200, Fields::new(), None).set_status_code(99)),
    ];
    text(200, lines.join("\n"))
}

impl wasip3::exports::http::handler::Guest for Guest {
    async fn handle(request: Request) -> Answer {
        let target = request.get_path_with_query().unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default().to_string();
        match path.as_str() {
            "/describe" => describe(request),
            "/fields" => fields(),
            "/setters" => setters(request),
            "/echo" => Ok(streaming(201, headers(&[("x-guest", "handling"), ("X-Guest", "twice")]), Some(body_of(request)))),
            "/upper" => upper(request),
            "/counted" => counted(request).await,
            "/endless" => endless(),
            "/slow" => slow(),
            "/broken" => broken(),
            "/empty" => Ok(streaming(204, Fields::new(), None)),
            "/sleep" => {
                monotonic_clock::wait_for(3_600_000_000_000).await;
                text(200, "slept".to_string())
            }
            "/nap" => {
                monotonic_clock::wait_for(20_000_000).await;
                text(200, "napped".to_string())
            }
            "/refuse" => Err(ErrorCode::HttpRequestDenied),
            "/trap" => panic!(),
            "/forward" => forward(request, "count").await,
            "/pass" => forward(request, "pass").await,
            _ => text(404, path),
        }
    }
}
