//! What tests/guests/wasi does in C, on Rust's standard library, as a core module for WASI 0.1.

use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, process, thread};

wit_bindgen::generate!({ world: "wasi", path: "../wasi/wasi.wit" });

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn random_get(buffer: *mut u8, size: usize) -> u16;
}

struct Wasi;

fn said<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

impl Guest for Wasi {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }

    fn arguments() -> Vec<String> {
        env::args().collect()
    }

    fn variable(name: String) -> Option<String> {
        env::var(name).ok()
    }

    fn say(text: String) {
        println!("{text}");
    }

    fn complain(text: String) {
        eprintln!("{text}");
    }

    fn leave(code: u32) {
        process::exit(code as i32)
    }

    fn read_line() -> Option<String> {
        // Byte by byte, so that nothing of the next line is taken.
        let mut line = Vec::new();
        let mut one = [0];
        while io::stdin().read(&mut one).is_ok_and(|got| got == 1) {
            if one[0] == b'\n' {
                return String::from_utf8(line).ok();
            }
            line.push(one[0]);
        }
        if line.is_empty() { None } else { String::from_utf8(line).ok() }
    }

    fn read_file(path: String) -> Result<String, String> {
        said(fs::read_to_string(path))
    }

    fn write_file(path: String, text: String) -> Result<(), String> {
        said(fs::File::create(path).and_then(|mut file| file.write_all(text.as_bytes())))
    }

    fn list_folder(path: String) -> Result<Vec<String>, String> {
        said(fs::read_dir(path))?.map(|entry| said(entry).map(|entry| entry.file_name().to_string_lossy().into_owned())).collect()
    }

    fn seconds() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
    }

    fn sleep_ms(ms: u32) {
        thread::sleep(Duration::from_millis(ms.into()))
    }

    fn random_bytes(count: u32) -> Vec<u8> {
        let mut bytes = vec![0; count as usize];
        // The vector's own memory, as long as its length says.
        if unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) } != 0 {
            process::abort()
        }
        bytes
    }
}

export!(Wasi);
