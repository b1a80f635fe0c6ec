//! Reads logs from one folder and writes to another: an ordinary program on the standard library, which knows nothing of the host.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

wit_bindgen::generate!({ path: "logs.wit", world: "logs" });

const LEVELS: [&str; 4] = ["debug", "info", "warning", "error"];

struct Logs;

fn rank(level: &str) -> usize {
    LEVELS.iter().position(|known| known.eq_ignore_ascii_case(level)).unwrap_or(0)
}

fn sift_file(from: &Path, to: &Path, least: usize) -> std::io::Result<(u32, u32)> {
    let mut kept = 0;
    let mut lines = 0;
    let mut out = BufWriter::new(File::create(to)?);
    for line in BufReader::new(File::open(from)?).lines() {
        let line = line?;
        lines += 1;
        if rank(line.split(' ').next().unwrap_or("")) >= least {
            writeln!(out, "{line}")?;
            kept += 1;
        }
    }
    out.flush()?;
    Ok((lines, kept))
}

fn sift() -> Result<Vec<Report>, String> {
    let folders: Vec<String> = env::args().collect();
    let [input, output] = folders.as_slice() else { return Err("expected two folders".into()) };
    let least = rank(&env::var("LEVEL").map_err(|error| format!("LEVEL: {error}"))?);
    let mut names = Vec::new();
    for entry in fs::read_dir(input).map_err(|error| format!("{input}: {error}"))? {
        names.push(entry.map_err(|error| error.to_string())?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let mut reports = Vec::new();
    for file in names {
        let (lines, kept) =
            sift_file(&Path::new(input).join(&file), &Path::new(output).join(&file), least).map_err(|error| format!("{file}: {error}"))?;
        reports.push(Report { file, lines, kept });
    }
    Ok(reports)
}

impl Guest for Logs {
    fn sift() -> Result<Vec<Report>, String> {
        sift()
    }

    fn write_note(path: String, text: String) -> Result<(), String> {
        fs::write(path, text).map_err(|error| error.to_string())
    }
}

export!(Logs);
