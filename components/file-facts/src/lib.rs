//! Facts about every function of `wasi:filesystem`, in the first directory that is granted; `?open=PATH`, `?read=PATH`, `?write=PATH`, `?list=PATH`, `?stat=PATH`,
//! `?create=PATH`, `?remove=PATH`, `?rename=PATH`, `?link=PATH`, `?readlink=PATH`, `?symlink=PATH`, `?times=PATH` one of them alone, `&over=N` again and again; `?hold` leaves much open.

use common::*;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags,
};

mod facts;

guest!(files);

fn files(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let directories = get_directories();
    let Some((root, _)) = directories.first() else { return reply(out, 500, "no directory\n") };
    if query.has("hold") {
        return hold(root, out);
    }
    for what in ATTEMPTS {
        if let Some(path) = query.get(what) {
            let times = query.number("over").unwrap_or(1) as u32;
            return reply(out, 200, &attempts(root, what, path, times));
        }
    }
    reply(out, 200, &facts::all(root));
}

const ATTEMPTS: [&str; 12] = [
    "open", "read", "write", "list", "stat", "create", "remove", "rename", "link", "readlink", "symlink", "times",
];

/// The different results, each once, in order.
fn attempts(root: &Descriptor, what: &str, path: &str, times: u32) -> String {
    let mut results: Vec<String> = (0..times).map(|_| attempt(root, what, path)).collect();
    results.sort();
    results.dedup();
    results.join("\n") + "\n"
}

fn attempt(root: &Descriptor, what: &str, path: &str) -> String {
    let follow = PathFlags::SYMLINK_FOLLOW;
    let none = PathFlags::empty();
    let read = DescriptorFlags::READ;
    let now = NewTimestamp::Now;
    match what {
        "open" => show(root.open_at(follow, path, OpenFlags::empty(), read).map(|file| format!("{:?}", file.get_type()))),
        "read" => show(root.open_at(follow, path, OpenFlags::empty(), read).and_then(|file| text_of(&file))),
        "write" => show(write(root, path)),
        "list" => show(root.open_at(follow, path, OpenFlags::DIRECTORY, read).and_then(|dir| names_in(&dir))),
        "stat" => show(root.stat_at(follow, path).map(|stat| format!("{:?} {}", stat.type_, stat.size))),
        "create" => show(root.create_directory_at(path).map(|()| "created".into())),
        "remove" => show(root.unlink_file_at(path).map(|()| "removed".into())),
        "rename" => show(root.rename_at("mine", root, path).map(|()| "renamed".into())),
        "link" => show(root.link_at(none, path, root, "linked").map(|()| "linked".into())),
        "readlink" => show(root.readlink_at(path)),
        "symlink" => show(root.symlink_at(path, "symlinked").map(|()| "symlinked".into())),
        _ => show(root.set_times_at(follow, path, now, now).map(|()| "set".into())),
    }
}

type Outcome = Result<String, wasip2::filesystem::types::ErrorCode>;

fn show(outcome: Outcome) -> String {
    outcome.unwrap_or_else(|code| code.name().to_string())
}

fn text_of(file: &Descriptor) -> Outcome {
    file.read(1000, 0).map(|(bytes, _)| String::from_utf8_lossy(&bytes).trim().to_string())
}

fn write(root: &Descriptor, path: &str) -> Outcome {
    let file = root.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::CREATE, DescriptorFlags::WRITE)?;
    file.write(b"written by the guest", 0).map(|bytes| format!("wrote {bytes}"))
}

fn names_in(dir: &Descriptor) -> Outcome {
    let stream = dir.read_directory()?;
    let mut names = Vec::new();
    while let Some(entry) = stream.read_directory_entry()? {
        names.push(entry.name);
    }
    names.sort();
    Ok(names.join(" "))
}

/// Leaves much open, and a write unfinished: all of it ends with the request.
fn hold(root: &Descriptor, out: ResponseOutparam) {
    let mut held = Vec::new();
    for _ in 0..20 {
        let file = root
            .open_at(PathFlags::empty(), "held", OpenFlags::CREATE, DescriptorFlags::READ | DescriptorFlags::WRITE)
            .expect("a file");
        let stream = file.write_via_stream(0).expect("a stream");
        stream.write(b"held").expect("room");
        held.push((file, stream, root.read_directory().expect("entries")));
    }
    reply(out, 200, "held\n");
    std::mem::forget(held);
}

