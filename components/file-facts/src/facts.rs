//! One line a fact: `what -> result`.

use super::names_in;
use common::wasip2::clocks::wall_clock::Datetime;
use common::wasip2::filesystem::types::{
    Advice, Descriptor, DescriptorFlags, ErrorCode, NewTimestamp, OpenFlags, PathFlags, filesystem_error_code,
};
use common::{StreamError, say};
use std::fmt::Debug;

const NONE: PathFlags = PathFlags::empty();
const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;
const READ: DescriptorFlags = DescriptorFlags::READ;

pub fn all(root: &Descriptor) -> String {
    let mut report = String::new();
    let r = &mut report;
    opening(r, root);
    bytes(r, root);
    streams(r, root);
    directories(r, root);
    links(r, root);
    times(r, root);
    identity(r, root);
    report
}

fn both() -> DescriptorFlags {
    DescriptorFlags::READ | DescriptorFlags::WRITE
}

fn create(root: &Descriptor, path: &str) -> Descriptor {
    root.open_at(NONE, path, OpenFlags::CREATE, both()).expect("a new file")
}

/// `ok` with what there is, or the code's name.
fn told<T: Debug>(result: Result<T, ErrorCode>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(code) => code.name().to_string(),
    }
}

fn done<T>(result: Result<T, ErrorCode>) -> String {
    result.map_or_else(|code| code.name().to_string(), |_| "ok".to_string())
}

fn opening(r: &mut String, root: &Descriptor) {
    let open = |path: &str, flags: OpenFlags, how: DescriptorFlags| done(root.open_at(NONE, path, flags, how));
    say!(r, "open what is not there -> {}", open("none", OpenFlags::empty(), READ));
    say!(r, "open nothing -> {}", open("", OpenFlags::empty(), READ));
    say!(r, "open / -> {}", open("/", OpenFlags::empty(), READ));
    say!(r, "open .. -> {}", open("..", OpenFlags::empty(), READ));
    say!(r, "open a NUL -> {}", open("a\0b", OpenFlags::empty(), READ));
    say!(r, "open a long name -> {}", open(&"x".repeat(256), OpenFlags::empty(), READ));
    say!(r, "open a long path -> {}", open(&"x/".repeat(2100), OpenFlags::empty(), READ));
    say!(r, "create -> {}", open("file", OpenFlags::CREATE, both()));
    say!(r, "create it again -> {}", open("file", OpenFlags::CREATE, both()));
    say!(r, "create only new -> {}", open("file", OpenFlags::CREATE | OpenFlags::EXCLUSIVE, both()));
    say!(r, "create with a slash -> {}", open("new/", OpenFlags::CREATE, both()));
    say!(r, "open a file with a slash -> {}", open("file/", OpenFlags::empty(), READ));
    say!(r, "open below a file -> {}", open("file/x", OpenFlags::empty(), READ));
    say!(r, "open a file as a directory -> {}", open("file", OpenFlags::DIRECTORY, READ));
    say!(r, "create a directory by open -> {}", open("d", OpenFlags::DIRECTORY | OpenFlags::CREATE, READ));
    say!(r, "open . to write -> {}", open(".", OpenFlags::empty(), both()));
    say!(r, "open to sync -> {}", open("file", OpenFlags::empty(), DescriptorFlags::FILE_INTEGRITY_SYNC));
    let file = root.open_at(NONE, "file", OpenFlags::empty(), READ).expect("the file");
    say!(r, "flags -> {}", told(file.get_flags()));
    say!(r, "type -> {}", told(file.get_type()));
    say!(r, "open below a file's descriptor -> {}", done(file.open_at(NONE, "x", OpenFlags::empty(), READ)));
    say!(r, "flags of the root -> {}", told(root.get_flags()));
}

fn bytes(r: &mut String, root: &Descriptor) {
    let file = create(root, "bytes");
    say!(r, "write -> {}", told(file.write(b"0123456789", 0)));
    say!(r, "write behind the end -> {}", told(file.write(b"x", 12)));
    say!(r, "read -> {}", told(file.read(3, 8)));
    say!(r, "read the rest -> {}", told(file.read(100, 11)));
    say!(r, "read behind the end -> {}", told(file.read(100, 13)));
    say!(r, "read at an offset that is none -> {}", told(file.read(1, u64::MAX)));
    say!(r, "write at an offset that is none -> {}", told(file.write(b"x", u64::MAX)));
    say!(r, "write behind 4 GiB -> {}", told(file.write(b"far", 5 << 30)));
    say!(r, "size then -> {}", told(file.stat().map(|stat| stat.size)));
    say!(r, "read there -> {}", told(file.read(10, 5 << 30)));
    say!(r, "set size -> {}", done(file.set_size(4)));
    say!(r, "set a size that is none -> {}", done(file.set_size(u64::MAX)));
    say!(r, "read what is left -> {}", told(file.read(10, 0)));
    say!(r, "advise -> {}", done(file.advise(0, 4, Advice::WillNeed)));
    say!(r, "sync -> {}, {}", done(file.sync()), done(file.sync_data()));
    let reader = root.open_at(NONE, "bytes", OpenFlags::empty(), READ).expect("the file");
    say!(r, "write to what is opened to read -> {}", told(reader.write(b"x", 0)));
    say!(r, "a stream to it -> {}", done(reader.write_via_stream(0)));
    let writer = root.open_at(NONE, "bytes", OpenFlags::empty(), DescriptorFlags::WRITE).expect("the file");
    say!(r, "read what is opened to write -> {}", told(writer.read(1, 0)));
    say!(r, "truncate -> {}", done(root.open_at(NONE, "bytes", OpenFlags::TRUNCATE, DescriptorFlags::WRITE)));
    say!(r, "size then -> {}", told(file.stat().map(|stat| stat.size)));
    say!(r, "read a directory's bytes -> {}", told(root.read(1, 0)));
    say!(r, "set a directory's size -> {}", done(root.set_size(0)));
    say!(r, "advise of a directory -> {}", done(root.advise(0, 0, Advice::Normal)));
    say!(r, "sync of a directory -> {}, {}", done(root.sync()), done(root.sync_data()));
}

fn streams(r: &mut String, root: &Descriptor) {
    let file = create(root, "streams");
    let out = file.write_via_stream(2).expect("a stream");
    say!(r, "check-write -> {}", out.check_write().expect("room") > 0);
    out.blocking_write_and_flush(b"abc").expect("written");
    drop(out);
    let end = file.append_via_stream().expect("a stream");
    end.write(b"at the end").expect("taken");
    drop(end);
    say!(r, "what was taken is there after the drop -> {}", told(file.read(100, 0)));
    let input = file.read_via_stream(2).expect("a stream");
    say!(r, "read -> {:?}", input.blocking_read(3));
    file.write(b"AT", 5).expect("written");
    say!(r, "what is written meanwhile is read -> {:?}", input.blocking_read(4));
    say!(r, "skip -> {:?}", input.blocking_skip(100));
    say!(r, "the end -> {:?}", input.blocking_read(1).map_err(|error| matches!(error, StreamError::Closed)));
    let out = create(root, "spliced").write_via_stream(0).expect("a stream");
    let input = file.read_via_stream(0).expect("a stream");
    say!(r, "splice -> {:?}", out.blocking_splice(&input, 100));
    out.blocking_flush().expect("flushed");
    say!(r, "a stream of a directory -> {}", done(root.read_via_stream(0)));
    let none = create(root, "streams").read_via_stream(u64::MAX).expect("a stream");
    let code = match none.blocking_read(1) {
        Err(StreamError::LastOperationFailed(error)) => filesystem_error_code(&error).map(|code| code.name().to_string()),
        _ => None,
    };
    say!(r, "filesystem-error-code -> {code:?}");
}

fn directories(r: &mut String, root: &Descriptor) {
    say!(r, "create-directory -> {}", done(root.create_directory_at("dir")));
    say!(r, "again -> {}", done(root.create_directory_at("dir")));
    say!(r, "of . -> {}", done(root.create_directory_at(".")));
    say!(r, "with slashes -> {}", done(root.create_directory_at("dir/sub//")));
    let dir = root.open_at(NONE, "dir/sub/..", OpenFlags::DIRECTORY, READ).expect("the directory");
    create(&dir, "one");
    create(&dir, "two");
    say!(r, "entries -> {}", told(names_in(&dir)));
    say!(r, ".. below it -> {}", done(dir.stat_at(NONE, "../file")));
    say!(r, "remove one that is not empty -> {}", done(root.remove_directory_at("dir")));
    say!(r, "remove a file as one -> {}", done(root.remove_directory_at("dir/one")));
    say!(r, "unlink one -> {}", done(root.unlink_file_at("dir/sub")));
    say!(r, "remove . -> {}", done(root.remove_directory_at(".")));
    say!(r, "remove -> {}", done(root.remove_directory_at("dir/sub/")));
    say!(r, "rename -> {}", done(root.rename_at("dir/one", &dir, "uno")));
    say!(r, "rename what is not there -> {}", done(root.rename_at("dir/one", &dir, "uno")));
    say!(r, "rename a directory into itself -> {}", done(root.rename_at("dir", &dir, "x")));
    say!(r, "rename . -> {}", done(root.rename_at(".", &dir, "x")));
    say!(r, "unlink with a slash -> {}", done(root.unlink_file_at("dir/uno/")));
    say!(r, "unlink -> {}", done(root.unlink_file_at("dir/uno")));
    say!(r, "entries -> {}", told(names_in(&dir)));
    let file = create(&dir, "three");
    say!(r, "entries of a file -> {}", done(file.read_directory()));
}

fn links(r: &mut String, root: &Descriptor) {
    create(root, "target").write(b"target", 0).expect("written");
    say!(r, "symlink -> {}", done(root.symlink_at("target", "soft")));
    say!(r, "to an absolute path -> {}", done(root.symlink_at("/etc", "absolute")));
    say!(r, "readlink -> {}", told(root.readlink_at("soft")));
    say!(r, "readlink of a file -> {}", told(root.readlink_at("target")));
    say!(r, "open -> {}", done(root.open_at(NONE, "soft", OpenFlags::empty(), READ)));
    say!(r, "open and follow -> {}", done(root.open_at(FOLLOW, "soft", OpenFlags::empty(), READ)));
    say!(r, "stat -> {}", told(root.stat_at(NONE, "soft").map(|stat| stat.type_)));
    say!(r, "stat and follow -> {}", told(root.stat_at(FOLLOW, "soft").map(|stat| (stat.type_, stat.size))));
    root.symlink_at("loop", "loop").expect("a link");
    say!(r, "a loop -> {}", done(root.stat_at(FOLLOW, "loop")));
    root.symlink_at("made", "dangling").expect("a link");
    say!(r, "create through a link -> {}", done(root.open_at(FOLLOW, "dangling", OpenFlags::CREATE, both())));
    say!(r, "what it made -> {}", told(root.stat_at(NONE, "made").map(|stat| stat.type_)));
    say!(r, "link -> {}", done(root.link_at(NONE, "target", root, "hard")));
    say!(r, "its count -> {}", told(root.stat_at(NONE, "hard").map(|stat| stat.link_count)));
    say!(r, "link again -> {}", done(root.link_at(NONE, "target", root, "hard")));
    say!(r, "link and follow -> {}", done(root.link_at(FOLLOW, "soft", root, "x")));
    say!(r, "link a directory -> {}", done(root.link_at(NONE, "dir/", root, "x")));
    say!(r, "unlink a link -> {}", done(root.unlink_file_at("soft")));
    say!(r, "what it led to -> {}", done(root.stat_at(NONE, "target")));
}

fn times(r: &mut String, root: &Descriptor) {
    let at = |seconds, nanoseconds| NewTimestamp::Timestamp(Datetime { seconds, nanoseconds });
    let of = |path: &str| {
        let stat = root.stat_at(NONE, path).expect("a file");
        let [access, change] = [stat.data_access_timestamp, stat.data_modification_timestamp].map(Option::unwrap);
        format!("{}.{:09} {}.{:09}", access.seconds, access.nanoseconds, change.seconds, change.nanoseconds)
    };
    let file = create(root, "times");
    say!(r, "set-times -> {}", done(file.set_times(at(1_000_000_000, 500_000_000), at(2_000_000_000, 0))));
    say!(r, "times then -> {}", of("times"));
    say!(r, "one of them -> {}", done(file.set_times(NewTimestamp::NoChange, at(1_500_000_000, 250_000_000))));
    say!(r, "times then -> {}", of("times"));
    root.symlink_at("times", "link-to-times").expect("a link");
    say!(r, "set-times-at of a link -> {}", done(root.set_times_at(NONE, "link-to-times", at(1, 0), at(2, 0))));
    say!(r, "times of the link -> {}", of("link-to-times"));
    say!(r, "times of the file -> {}", of("times"));
    say!(r, "set-times-at and follow -> {}", done(root.set_times_at(FOLLOW, "link-to-times", at(3, 0), at(4, 0))));
    say!(r, "times of the file -> {}", of("times"));
    say!(r, "now -> {}", done(file.set_times(NewTimestamp::Now, NewTimestamp::Now)));
    let seconds = file.stat().expect("a file").data_modification_timestamp.expect("a time").seconds;
    say!(r, "is after 2020 -> {}", seconds > 1_577_836_800);
}

fn identity(r: &mut String, root: &Descriptor) {
    let [one, two] = [create(root, "target"), create(root, "hard")];
    say!(r, "is-same-object -> {}, {}", one.is_same_object(&two), one.is_same_object(root));
    let hash = |result: Result<common::wasip2::filesystem::types::MetadataHashValue, ErrorCode>| {
        result.map(|hash| (hash.lower, hash.upper)).expect("a hash")
    };
    let [first, again] = [hash(one.metadata_hash()), hash(root.metadata_hash_at(NONE, "hard"))];
    say!(r, "metadata-hash is the same -> {}", first == again);
    say!(r, "that of another differs -> {}", first != hash(root.metadata_hash()));
    say!(r, "metadata-hash-at what is not there -> {}", done(root.metadata_hash_at(NONE, "none")));
}
