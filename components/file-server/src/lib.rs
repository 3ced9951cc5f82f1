//! A server of static files, those of the first directory that is granted: content types, `index.html`, HEAD, `If-Modified-Since` and `If-None-Match`, one range.

use common::wasip2::filesystem::preopens::get_directories;
use common::wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};
use common::*;

mod conditions;
mod media_type;

use conditions::{Range, etag, range_of};

guest!(serve);

/// The most of one splice.
const PIECE: u64 = 1024 * 1024;

fn serve(request: IncomingRequest, out: ResponseOutparam) {
    let is_head = matches!(request.method(), Method::Head);
    if !is_head && !matches!(request.method(), Method::Get) {
        let fields = text_fields();
        fields.append("allow", b"GET, HEAD").expect("allow is allowed");
        return reply_with(out, 405, fields, "only GET and HEAD\n", None);
    }
    let directories = get_directories();
    let Some((root, _)) = directories.first() else { return reply(out, 500, "no directory is granted\n") };
    let path = path_of(&request);
    match find(root, &path) {
        Ok(Found::File(file, stat, name)) => send(&request, out, &Reply { file, stat, name, is_head }),
        Ok(Found::Directory) => redirect(out, &path),
        Err(ErrorCode::NotPermitted | ErrorCode::Access) => reply(out, 403, "forbidden\n"),
        Err(ErrorCode::NoEntry | ErrorCode::NotDirectory | ErrorCode::NameTooLong | ErrorCode::Invalid | ErrorCode::Loop) => {
            reply(out, 404, "not found\n")
        }
        Err(code) => reply(out, 500, &format!("{}\n", code.name())),
    }
}

enum Found {
    File(Descriptor, DescriptorStat, String),
    /// It has to be asked for with a slash at its end.
    Directory,
}

struct Reply {
    file: Descriptor,
    stat: DescriptorStat,
    name: String,
    is_head: bool,
}

/// The path of a request below the root, decoded. What it holds of `..` is up to the host.
fn path_of(request: &IncomingRequest) -> String {
    let target = request.path_with_query().unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    decode(path.trim_start_matches('/'))
}

fn find(root: &Descriptor, path: &str) -> Result<Found, ErrorCode> {
    let name = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_string() };
    let file = root.open_at(PathFlags::SYMLINK_FOLLOW, &name, OpenFlags::empty(), DescriptorFlags::READ)?;
    if matches!(file.get_type()?, DescriptorType::Directory) {
        return Ok(Found::Directory);
    }
    let stat = file.stat()?;
    Ok(Found::File(file, stat, name))
}

fn redirect(out: ResponseOutparam, path: &str) {
    let fields = text_fields();
    let name = path.rsplit('/').next().unwrap_or_default();
    let location = format!("{}/", encode(name));
    if fields.append("location", location.as_bytes()).is_err() {
        return reply(out, 404, "not found\n");
    }
    reply_with(out, 301, fields, "it is a directory\n", None);
}

fn send(request: &IncomingRequest, out: ResponseOutparam, reply: &Reply) {
    let fields = Fields::new();
    let set = |name: &str, value: &str| fields.append(name, value.as_bytes()).expect("a field of ours");
    let tag = etag(&reply.stat);
    set("etag", &tag);
    set("accept-ranges", "bytes");
    if let Some(modified) = &reply.stat.data_modification_timestamp {
        set("last-modified", &conditions::http_date(modified.seconds));
    }
    if conditions::is_not_modified(request, &reply.stat, &tag) {
        let body = start(out, 304, fields);
        let _ = OutgoingBody::finish(body, None);
        return;
    }
    let size = reply.stat.size;
    let (status, from, length) = match range_of(request, size, &tag) {
        Range::Whole => (200, 0, size),
        Range::Part(from, length) => {
            set("content-range", &format!("bytes {from}-{}/{size}", from + length - 1));
            (206, from, length)
        }
        Range::None => {
            set("content-range", &format!("bytes */{size}"));
            return reply_with(out, 416, fields, "", None);
        }
    };
    set("content-type", media_type::of(&reply.name));
    set("content-length", &length.to_string());
    let body = start(out, status, fields);
    let whole = reply.is_head || copy(&reply.file, &body, from, length).is_ok();
    // A body that is too short breaks the connection, so that nobody takes it for the file.
    if whole {
        let _ = OutgoingBody::finish(body, None);
    }
}

/// Has the host move the bytes: none of them comes into this guest's memory.
fn copy(file: &Descriptor, body: &OutgoingBody, from: u64, length: u64) -> Result<(), StreamError> {
    let input = file.read_via_stream(from).map_err(|_| StreamError::Closed)?;
    let output = body.write().expect("the first stream of a body");
    let mut left = length;
    while left > 0 {
        left -= output.blocking_splice(&input, left.min(PIECE))?;
    }
    output.blocking_flush()
}

/// `%41` is `A`; what is not UTF-8 then is a name that no file has.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.filter(|_| bytes[at] == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if is_plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}
