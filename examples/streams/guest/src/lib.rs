//! Lines of a text as they pass, by functions of its own and by HTTP.

use wasip3::http::types::{ErrorCode, Fields, Request, Response};
use wasip3::wit_future;
use wit_bindgen::{spawn_local, StreamReader, StreamResult};

wit_bindgen::generate!({ path: "lines.wit", world: "lines" });
wasip3::http::service::export!(Lines);
export!(Lines);

struct Lines;

const PIECE: usize = 65536;

/// Writes a number before each line, while somebody reads.
fn numbered(mut text: StreamReader<u8>) -> StreamReader<u8> {
    let (mut writer, reader) = wit_stream::new();
    spawn_local(async move {
        let (mut number, mut begins) = (0, true);
        loop {
            let (result, piece) = text.read(Vec::with_capacity(PIECE)).await;
            let mut out = Vec::with_capacity(2 * piece.len());
            for byte in piece {
                if begins {
                    number += 1;
                    out.extend_from_slice(format!("{number}: ").as_bytes());
                }
                out.push(byte);
                begins = byte == b'\n';
            }
            if !writer.write_all(out).await.is_empty() || !matches!(result, StreamResult::Complete(_)) {
                return;
            }
        }
    });
    reader
}

impl Guest for Lines {
    async fn explain(word: String) -> String {
        format!("{word} is {}", lookup(word.clone()).await)
    }

    async fn number(text: StreamReader<u8>) -> StreamReader<u8> {
        numbered(text)
    }

    async fn count(mut text: StreamReader<u8>) -> u64 {
        let mut lines = 0;
        loop {
            let (result, piece) = text.read(Vec::with_capacity(PIECE)).await;
            lines += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            if !matches!(result, StreamResult::Complete(_)) {
                return lines;
            }
        }
    }
}

/// Answers with the numbered lines of a request.
impl wasip3::exports::http::handler::Guest for Lines {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let (fine, result) = wit_future::new(|| Ok(()));
        drop(fine);
        let (body, _trailers) = Request::consume_body(request, result);
        let (no_trailers, trailers) = wit_future::new(|| Ok(None));
        drop(no_trailers);
        let headers = Fields::from_list(&[("content-type".to_string(), b"text/plain".to_vec())]).unwrap();
        let (response, _sent) = Response::new(headers, Some(numbered(body)), trailers);
        Ok(response)
    }
}
