//! A program of WASI 0.3; its first argument says what it does.

use wasip3::cli::{environment, stderr, stdin, stdout};
use wasip3::filesystem::{preopens, types};
use wasip3::{clocks, wit_stream};

struct Program;
wasip3::cli::command::export!(Program);

async fn say(text: &str) {
    let (mut writer, reader) = wit_stream::new();
    let done = stdout::write_via_stream(reader);
    let rest = writer.write_all(text.as_bytes().to_vec()).await;
    assert!(rest.is_empty());
    drop(writer);
    done.await.unwrap();
}

/// Standard input to standard output, stream to stream.
async fn cat() {
    let (reader, result) = stdin::read_via_stream();
    stdout::write_via_stream(reader).await.unwrap();
    result.await.unwrap();
}

/// What was dropped is over, whatever is dropped first.
async fn drops() {
    let (reader, result) = stdin::read_via_stream();
    drop(reader);
    result.await.unwrap();
    let (reader, result) = stdin::read_via_stream();
    drop(result);
    drop(reader);
    let (writer, reader) = wit_stream::new::<u8>();
    let done = stderr::write_via_stream(reader);
    drop(done);
    drop(writer);
    let (writer, reader) = wit_stream::new::<u8>();
    let done = stderr::write_via_stream(reader);
    drop(writer);
    done.await.unwrap();
    say("dropped\n").await;
}

/// Copies a file by streams, appends to the copy, and lists the folder.
async fn files() {
    let (folder, _) = preopens::get_directories().remove(0);
    let flags = types::PathFlags::empty();
    let from = folder.open_at(flags, "a.txt".into(), types::OpenFlags::empty(), types::DescriptorFlags::READ).await.unwrap();
    let to = folder
        .open_at(flags, "b.txt".into(), types::OpenFlags::CREATE, types::DescriptorFlags::WRITE)
        .await
        .unwrap();
    let (reader, result) = from.read_via_stream(0);
    to.write_via_stream(reader, 0).await.unwrap();
    result.await.unwrap();
    let (reader, _) = from.read_via_stream(2);
    to.append_via_stream(reader).await.unwrap();
    let (reader, result) = to.read_via_stream(0);
    drop(reader);
    assert!(result.await.is_err()); // it is open for writing only
    let (entries, result) = folder.read_directory();
    let mut names: Vec<String> = entries.collect().await.into_iter().map(|each| each.name).collect();
    result.await.unwrap();
    names.sort();
    say(&format!("{}\n", names.join(" "))).await;
}

/// Writes after it has returned.
async fn late() {
    wit_bindgen::spawn_local(async {
        clocks::monotonic_clock::wait_for(10_000_000).await;
        say("late\n").await;
    });
}

impl wasip3::exports::cli::run::Guest for Program {
    async fn run() -> Result<(), ()> {
        match environment::get_arguments().get(1).map(String::as_str) {
            Some("cat") => cat().await,
            Some("drops") => drops().await,
            Some("files") => files().await,
            Some("late") => late().await,
            Some("exit") => wasip3::cli::exit::exit_with_code(7),
            Some("wait") => clocks::monotonic_clock::wait_for(u64::MAX).await,
            _ => return Err(()),
        }
        Ok(())
    }
}
