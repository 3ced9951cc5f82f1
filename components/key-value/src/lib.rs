//! `wasi:keyvalue`: a counter, single keys, all keys, and facts about every function. `?store=S` names the store.

use common::*;

wit_bindgen::generate!({ path: ["../../src/wasi/keyvalue", "wit"], world: "guest:key-value/guest", generate_all });

use wasi::keyvalue::store::{Bucket, Error, open};
use wasi::keyvalue::{atomics, batch};

mod facts;

guest!(key_value);

fn key_value(request: IncomingRequest, out: ResponseOutparam) {
    let path = request.path_with_query().unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    let query = Query::of(&request);
    match open(query.get("store").unwrap_or_default()).and_then(|bucket| answer(&bucket, path, &query)) {
        Ok(text) => reply(out, 200, &text),
        Err(error) => reply(out, 503, &format!("{}\n", describe(&error))),
    }
}

fn answer(bucket: &Bucket, path: &str, query: &Query) -> Result<String, Error> {
    let key = query.get("key").unwrap_or_default();
    match path {
        "/facts" => Ok(facts::report(bucket)),
        "/keys" => all_keys(bucket).map(|keys| keys.iter().map(|key| format!("{key}\n")).collect()),
        "/get" => bucket.get(key).map(|value| format!("{}\n", text_of(value.as_deref()))),
        "/size" => bucket.get(key).map(|value| format!("{}\n", value.map_or(0, |bytes| bytes.len()))),
        "/set" => bucket.set(key, &value_of(query)).map(|()| "set\n".to_string()),
        "/fill" => fill(bucket, query),
        "/delete" => bucket.delete(key).map(|()| "deleted\n".to_string()),
        "/trap" => bucket.set(key, &value_of(query)).map(|()| panic!("after a set")),
        _ => count(bucket, path.strip_prefix("/count/").unwrap_or(path), query.number("times").unwrap_or(1)),
    }
}

/// Adds 1 so many times, and tells the last sum.
fn count(bucket: &Bucket, name: &str, times: u64) -> Result<String, Error> {
    let mut sum = 0;
    for _ in 0..times {
        sum = atomics::increment(bucket, name, 1)?;
    }
    Ok(format!("{sum}\n"))
}

/// `?value=V`, or `?bytes=N` zero bytes.
fn value_of(query: &Query) -> Vec<u8> {
    match query.number("bytes") {
        Some(bytes) => vec![0; bytes as usize],
        None => query.get("value").unwrap_or_default().into(),
    }
}

/// `?keys=N` values of `?bytes=M`, ten in a batch.
fn fill(bucket: &Bucket, query: &Query) -> Result<String, Error> {
    let value = value_of(query);
    let names: Vec<String> = (0..query.number("keys").unwrap_or(1)).map(|index| format!("fill-{index:05}")).collect();
    for some in names.chunks(10) {
        let pairs: Vec<_> = some.iter().map(|name| (name.clone(), value.clone())).collect();
        batch::set_many(bucket, &pairs)?;
    }
    Ok(format!("{}\n", names.len()))
}

/// Those of all pages, in their order.
fn all_keys(bucket: &Bucket) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    let mut cursor = None;
    loop {
        let page = bucket.list_keys(cursor)?;
        keys.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(keys);
        }
    }
}

fn text_of(value: Option<&[u8]>) -> String {
    value.map_or("none".to_string(), |bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn describe(error: &Error) -> String {
    match error {
        Error::NoSuchStore => "no-such-store".to_string(),
        Error::AccessDenied => "access-denied".to_string(),
        Error::Other(message) => format!("other({message})"),
    }
}
