//! Not a `wasi:http/proxy`: a program, by its first argument: `args`, `env NAME`, `cat`, `echo-lines`, `both N`, `flood N`, `exit N`, `fail`, `trap`, `terminals`, `sleep MS`, `spin`, `echo-server ADDR N`; with files `ls DIR`, `show FILE`, `write FILE TEXT`, `append FILE TEXT`, `copy FROM TO`, `move FROM TO`, `remove FILE`, `mkdir DIR`.

use std::io::{self, BufRead, IsTerminal, Write};
use std::net::TcpListener;
use std::time::Duration;

use common::wasip2;

mod files;

struct Component;
wasip2::cli::command::export!(Component);

impl wasip2::exports::cli::run::Guest for Component {
    fn run() -> Result<(), ()> {
        let args: Vec<String> = std::env::args().collect();
        let number = || args.get(2).and_then(|text| text.parse().ok()).unwrap_or(0);
        match args.get(1).map(String::as_str) {
            Some("args") => args.iter().for_each(|arg| println!("{arg}")),
            Some("env") => println!("{}", std::env::var(&args[2]).unwrap_or_default()),
            Some("cat") => cat(),
            Some("echo-lines") => echo_lines(),
            Some("both") => both(number()),
            Some("flood") => flood(number()),
            Some("exit") => std::process::exit(number() as i32),
            Some("trap") => panic!("asked to"),
            Some("terminals") => terminals(),
            Some("sleep") => std::thread::sleep(Duration::from_millis(number())),
            Some("spin") => spin(),
            Some("echo-server") => echo_server(&args[2], args[3].parse().unwrap_or(1)).map_err(|error| eprintln!("{error}"))?,
            Some(name) => return files::run(name, &args[2..]),
            None => return Err(()),
        }
        Ok(())
    }
}

fn cat() {
    let _ = io::copy(&mut io::stdin(), &mut io::stdout());
    // A library has no end of `main`, where Rust does this.
    let _ = io::stdout().flush();
}

/// Each line of stdin as soon as it is there.
fn echo_lines() {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        println!("{line}");
    }
}

/// Lines on stdout and stderr in turns.
fn both(count: u64) {
    for line in 0..count {
        println!("out {line}");
        eprintln!("err {line}");
    }
}

fn flood(bytes: u64) {
    let piece = [b'x'; 4096];
    let mut left = bytes as usize;
    while left > 0 {
        let some = left.min(piece.len());
        if io::stdout().write_all(&piece[..some]).is_err() {
            return;
        }
        left -= some;
    }
    let _ = io::stdout().flush();
}

fn terminals() {
    let (stdin, stdout, stderr) = (io::stdin().is_terminal(), io::stdout().is_terminal(), io::stderr().is_terminal());
    println!("stdin {stdin} stdout {stdout} stderr {stderr}");
}

fn spin() {
    let mut count = 0u64;
    loop {
        count = std::hint::black_box(count + 1);
    }
}

/// Sends back what comes over each of `count` connections, one after the other, by Rust's `std::net`. Says first where it listens.
fn echo_server(address: &str, count: usize) -> io::Result<()> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for connection in listener.incoming().take(count) {
        let connection = connection?;
        io::copy(&mut &connection, &mut &connection)?;
    }
    Ok(())
}
