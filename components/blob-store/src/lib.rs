//! `wasi:blobstore`: objects of `?container=C` by `?name=N`, streamed both ways; facts about every function; much that is left open.

use common::*;

wit_bindgen::generate!({
    path: [
        "../../node_modules/@bytecodealliance/jco/lib/wit/builtin/0.2.12/wasi-io",
        "../../src/wasi/blobstore",
        "wit",
    ],
    world: "guest:blob-store/guest",
    with: {
        "wasi:io/error@0.2.12": common::wasip2::io::error,
        "wasi:io/poll@0.2.12": common::wasip2::io::poll,
        "wasi:io/streams@0.2.12": common::wasip2::io::streams,
    },
    generate_all,
});

use wasi::blobstore::blobstore;
use wasi::blobstore::container::Container;
use wasi::blobstore::types::{IncomingValue, ObjectId, OutgoingValue};

mod facts;

guest!(blob_store);

fn blob_store(request: IncomingRequest, out: ResponseOutparam) {
    let path = request.path_with_query().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let query = Query::of(&request);
    if path == "/get" {
        return get(out, &query);
    }
    match if path == "/put" { put(request, &query) } else { answer(path, &query) } {
        Ok(text) => reply(out, 200, &text),
        Err(error) => reply(out, 503, &format!("{error}\n")),
    }
}

fn answer(path: &str, query: &Query) -> Result<String, String> {
    let name = query.get("name").unwrap_or_default();
    match path {
        "/facts" => Ok(facts::report(container_name(query))),
        "/list" => names_in(&container(query)?).map(|names| names.iter().map(|name| format!("{name}\n")).collect()),
        "/info" => {
            let info = container(query)?.object_info(name)?;
            Ok(format!("{} bytes of {} in {} since {}\n", info.size, info.name, info.container, info.created_at))
        }
        "/has" => container(query)?.has_object(name).map(|has| format!("{has}\n")),
        "/delete" => container(query)?.delete_object(name).map(|()| "deleted\n".into()),
        "/clear" => container(query)?.clear().map(|()| "cleared\n".into()),
        "/create" => blobstore::create_container(container_name(query)).map(|_| "created\n".into()),
        "/exists" => blobstore::container_exists(container_name(query)).map(|exists| format!("{exists}\n")),
        "/remove" => blobstore::delete_container(container_name(query)).map(|()| "removed\n".into()),
        "/copy" => blobstore::copy_object(&from(query), &to(query)).map(|()| "copied\n".into()),
        "/move" => blobstore::move_object(&from(query), &to(query)).map(|()| "moved\n".into()),
        "/sync" => {
            let value = container(query)?.get_data(name, 0, u64::MAX)?;
            IncomingValue::incoming_value_consume_sync(value).map(|bytes| format!("{}\n", bytes.len()))
        }
        "/fill" => fill(query),
        "/leave" => leave(query),
        _ => Err("no such path".into()),
    }
}

fn container_name(query: &Query) -> &str {
    query.get("container").unwrap_or("things")
}

/// The container, which is made if it is not there.
fn container(query: &Query) -> Result<Container, String> {
    let name = container_name(query);
    blobstore::get_container(name).or_else(|_| blobstore::create_container(name)).or_else(|_| blobstore::get_container(name))
}

fn from(query: &Query) -> ObjectId {
    ObjectId { container: container_name(query).into(), object: query.get("name").unwrap_or_default().into() }
}

/// `?to-container=C`, or the same, and `?to=N`.
fn to(query: &Query) -> ObjectId {
    let container = query.get("to-container").unwrap_or(container_name(query));
    ObjectId { container: container.into(), object: query.get("to").unwrap_or_default().into() }
}

/// The request's body becomes an object, piece by piece; with `?end=drop` it is not finished, with `?end=trap` the guest traps instead.
fn put(request: IncomingRequest, query: &Query) -> Result<String, String> {
    let container = container(query)?;
    let value = OutgoingValue::new_outgoing_value();
    container.write_data(query.get("name").unwrap_or_default(), &value)?;
    let body = request.consume().map_err(|()| "no body")?;
    let written = {
        let to = value.outgoing_value_write_body().map_err(|()| "no stream")?;
        let from = body.stream().map_err(|()| "no stream")?;
        pump(&from, &to).map_err(|error| describe(&error))
    };
    let written = written?;
    match query.get("end") {
        Some("drop") => return Ok("dropped\n".into()),
        Some("trap") => panic!("before finish"),
        _ => OutgoingValue::finish(value)?,
    }
    Ok(format!("{written}\n"))
}

/// The object as the reply's body, from `?start=` to `?end=`, both included. If it breaks off, so does the reply.
fn get(out: ResponseOutparam, query: &Query) {
    let start_at = query.number("start").unwrap_or(0);
    let end = query.number("end").unwrap_or(u64::MAX);
    let name = query.get("name").unwrap_or_default();
    let value = match container(query).and_then(|container| container.get_data(name, start_at, end)) {
        Ok(value) => value,
        Err(error) => return reply(out, 404, &format!("{error}\n")),
    };
    let fields = Fields::new();
    fields.append("content-length", value.size().to_string().as_bytes()).expect("content-length is allowed");
    let stream = IncomingValue::incoming_value_consume_async(value).expect("a value of ours");
    let body = start(out, 200, fields);
    let copied = {
        let to = body.write().expect("the first stream of a body");
        pump(&stream, &to)
    };
    if copied.is_ok() {
        let _ = OutgoingBody::finish(body, None);
    }
}

/// `?objects=N` of `?bytes=M`, named `fill-00000` and so on.
fn fill(query: &Query) -> Result<String, String> {
    let container = container(query)?;
    let bytes = vec![b'x'; query.number("bytes").unwrap_or(1) as usize];
    let count = query.number("objects").unwrap_or(1);
    for index in 0..count {
        write(&container, &format!("fill-{index:05}"), &bytes)?;
    }
    Ok(format!("{count}\n"))
}

/// Opens `?n=N` objects to read, as many to write and lists of names, and leaves all of them; with `?ms=M` it waits before.
fn leave(query: &Query) -> Result<String, String> {
    let container = container(query)?;
    write(&container, "left", &[b'y'; 300_000])?;
    let mut errors = Vec::new();
    for index in 0..query.number("n").unwrap_or(1) {
        let value = OutgoingValue::new_outgoing_value();
        let opened = container
            .write_data(&format!("partial-{index}"), &value)
            .and_then(|()| container.get_data("left", 0, u64::MAX))
            .and_then(|read| Ok((read, container.list_objects()?)));
        if let Ok(body) = value.outgoing_value_write_body() {
            let _ = write_all(&body, &[b'z'; 10_000]);
            std::mem::forget(body);
        }
        std::mem::forget(value);
        match opened {
            Ok((read, names)) => {
                let stream = IncomingValue::incoming_value_consume_async(read)?;
                let _ = stream.blocking_read(1000);
                std::mem::forget((stream, names));
            }
            Err(error) => errors.push(error),
        }
    }
    if let Some(ms) = query.number("ms") {
        sleep(ms);
    }
    Ok(errors.first().map_or("left\n".into(), |error| format!("{error}\n")))
}

fn write(container: &Container, name: &str, bytes: &[u8]) -> Result<(), String> {
    let value = OutgoingValue::new_outgoing_value();
    container.write_data(name, &value)?;
    let stream = value.outgoing_value_write_body().map_err(|()| "no stream")?;
    write_all(&stream, bytes).map_err(|error| describe(&error))?;
    drop(stream);
    OutgoingValue::finish(value)
}

fn read(container: &Container, name: &str) -> Result<Vec<u8>, String> {
    IncomingValue::incoming_value_consume_sync(container.get_data(name, 0, u64::MAX)?)
}

fn names_in(container: &Container) -> Result<Vec<String>, String> {
    let stream = container.list_objects()?;
    let mut names = Vec::new();
    loop {
        let (some, is_end) = stream.read_stream_object_names(700)?;
        names.extend(some);
        if is_end {
            names.sort();
            return Ok(names);
        }
    }
}

fn describe(error: &StreamError) -> String {
    match error {
        StreamError::LastOperationFailed(error) => error.to_debug_string(),
        StreamError::Closed => "closed".into(),
    }
}
