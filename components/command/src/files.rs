//! What a tool does with files, by Rust's own `std::fs`.

use std::fs;
use std::io::{self, Write};

/// Runs the command, and says on stderr why it fails.
pub fn run(command: &str, args: &[String]) -> Result<(), ()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match (command, words.as_slice()) {
        ("ls", [dir]) => list(dir),
        ("show", [file]) => show(file),
        ("write", [file, text]) => fs::write(file, text),
        ("append", [file, text]) => append(file, text),
        ("copy", [from, to]) => fs::copy(from, to).map(drop),
        ("move", [from, to]) => fs::rename(from, to),
        ("remove", [file]) => fs::remove_file(file),
        ("mkdir", [dir]) => fs::create_dir_all(dir),
        ("many", [dir, count]) => many(dir, count.parse().unwrap_or(0)),
        _ => return Err(()),
    };
    done.map_err(|error| eprintln!("{command}: {error}"))
}

/// The names in order, directories with a slash.
fn list(dir: &str) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
        names.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
    }
    names.sort();
    names.iter().for_each(|name| println!("{name}"));
    Ok(())
}

fn show(file: &str) -> io::Result<()> {
    io::copy(&mut fs::File::open(file)?, &mut io::stdout())?;
    io::stdout().flush()
}

fn append(file: &str, text: &str) -> io::Result<()> {
    fs::OpenOptions::new().append(true).create(true).open(file)?.write_all(text.as_bytes())
}

/// Reads the first file of a directory again and again, and counts bytes: what loading many small modules takes.
fn many(dir: &str, count: u64) -> io::Result<()> {
    let Some(first) = fs::read_dir(dir)?.next() else { return Ok(()) };
    let path = first?.path();
    let mut bytes = 0;
    for _ in 0..count {
        bytes += fs::read(&path)?.len();
    }
    println!("{bytes}");
    Ok(())
}
