//! A command for each thing that a program does with its world; program.c and program.go do the same.

use std::io::{self, Read, Write};
use std::time::Duration;
use std::{env, fs, process, thread};

fn main() {
    let words: Vec<String> = env::args().collect();
    let word = |number: usize| words.get(number).map_or("", String::as_str);
    match word(1) {
        "args" => words.iter().skip(1).for_each(|each| println!("{each}")),
        "env" => println!("{}", env::var(word(2)).unwrap_or("(none)".into())),
        "read" => match fs::read(word(2)) {
            Ok(text) => io::stdout().write_all(&text).unwrap(),
            Err(_) => fail("can't read"),
        },
        "write" => {
            if fs::write(word(2), word(3)).is_err() {
                fail("can't write")
            }
        }
        "echo" => {
            let mut text = Vec::new();
            io::stdin().read_to_end(&mut text).unwrap();
            io::stdout().write_all(&text).unwrap();
        }
        "complain" => eprintln!("{}", word(2)),
        "sleep" => {
            thread::sleep(Duration::from_millis(word(2).parse().unwrap()));
            println!("awake");
        }
        "exit" => process::exit(word(2).parse().unwrap()),
        _ => fail("unknown command"),
    }
}

fn fail(why: &str) -> ! {
    eprintln!("{why}");
    process::exit(1)
}
