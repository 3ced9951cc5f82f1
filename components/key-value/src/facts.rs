//! Facts about every function, on keys that begin with `fact-`, which it removes at its end.

use super::*;

const NUMBER: &str = "fact-number";

pub fn report(bucket: &Bucket) -> String {
    let mut report = String::new();
    single_keys(bucket, &mut report);
    numbers(bucket, &mut report);
    batches(bucket, &mut report);
    identifiers(&mut report);
    report
}

fn single_keys(bucket: &Bucket, report: &mut String) {
    say!(report, "get of an absent key -> {}", show(&bucket.get("fact-a")));
    say!(report, "exists of an absent key -> {}", done(&bucket.exists("fact-a")));
    say!(report, "set -> {}", done(&bucket.set("fact-a", b"one")));
    say!(report, "get -> {}", show(&bucket.get("fact-a")));
    say!(report, "exists -> {}", done(&bucket.exists("fact-a")));
    say!(report, "set again -> {}", done(&bucket.set("fact-a", b"two")));
    say!(report, "get again -> {}", show(&bucket.get("fact-a")));
    say!(report, "set of nothing -> {}", done(&bucket.set("fact-empty", b"")));
    say!(report, "get of nothing -> {}", show(&bucket.get("fact-empty")));
    let every_byte: Vec<u8> = (0..=255).collect();
    say!(report, "set of every byte -> {}", done(&bucket.set("fact-bytes", &every_byte)));
    say!(report, "every byte comes back -> {:?}", bucket.get("fact-bytes").ok().flatten() == Some(every_byte));
    for (what, key) in [("empty", ""), ("odd", "fact \u{e9}\u{1f600} *?[a]\\ \n"), ("NUL", "fact-\0-nul")] {
        say!(report, "set of the {what} key -> {}", done(&bucket.set(key, what.as_bytes())));
        say!(report, "get of the {what} key -> {}", show(&bucket.get(key)));
        say!(report, "the {what} key is listed -> {:?}", all_keys(bucket).is_ok_and(|keys| keys.iter().any(|k| k == key)));
        say!(report, "delete of the {what} key -> {}", done(&bucket.delete(key)));
    }
    say!(report, "key of 1025 bytes -> {}", done(&bucket.set(&"k".repeat(1025), b"")));
    say!(report, "get of a key of 1025 bytes -> {}", show(&bucket.get(&"k".repeat(1025))));
    say!(report, "delete -> {}", done(&bucket.delete("fact-a")));
    say!(report, "delete again -> {}", done(&bucket.delete("fact-a")));
    say!(report, "get after delete -> {}", show(&bucket.get("fact-a")));
}

fn numbers(bucket: &Bucket, report: &mut String) {
    say!(report, "increment of an absent key -> {}", done(&atomics::increment(bucket, NUMBER, 5)));
    say!(report, "increment -> {}", done(&atomics::increment(bucket, NUMBER, 37)));
    say!(report, "increment by 0 -> {}", done(&atomics::increment(bucket, NUMBER, 0)));
    say!(report, "its value -> {}", show(&bucket.get(NUMBER)));
    for (what, value) in [
        ("9007199254740993", &b"9007199254740993"[..]),
        ("-1", b"-1"),
        ("-43", b"-43"),
        ("9223372036854775766", b"9223372036854775766"),
        ("9223372036854775765", b"9223372036854775765"),
        ("9223372036854775808", b"9223372036854775808"),
        ("text", b"text"),
        ("nothing", b""),
        ("007", b"007"),
        ("' 7'", b" 7"),
        ("1.5", b"1.5"),
    ] {
        let _ = bucket.set(NUMBER, value);
        say!(report, "increment of {what} by 42 -> {}", done(&atomics::increment(bucket, NUMBER, 42)));
        let kept = bucket.get(NUMBER).ok().flatten().is_some_and(|bytes| bytes == value);
        say!(report, "is still {what} -> {kept}");
    }
    let _ = bucket.set(NUMBER, b"0");
    say!(report, "increment by 2^63 -> {}", done(&atomics::increment(bucket, NUMBER, 1 << 63)));
    say!(report, "increment by 2^63 - 1 -> {}", done(&atomics::increment(bucket, NUMBER, (1 << 63) - 1)));
    say!(report, "increment beyond -> {}", done(&atomics::increment(bucket, NUMBER, 1)));
    let _ = bucket.delete(NUMBER);
}

fn batches(bucket: &Bucket, report: &mut String) {
    let names = |keys: &[&str]| keys.iter().map(|key| key.to_string()).collect::<Vec<_>>();
    let pairs = [("fact-1", "one"), ("fact-2", "two"), ("fact-1", "uno")].map(|(k, v)| (k.to_string(), v.into()));
    say!(report, "set-many -> {}", done(&batch::set_many(bucket, &pairs)));
    let some = batch::get_many(bucket, &names(&["fact-2", "fact-none", "fact-1", "fact-2"]));
    say!(report, "get-many -> {}", some.map_or_else(|error| describe(&error), |values| many(&values)));
    say!(report, "get-many of none -> {}", batch::get_many(bucket, &[]).map_or(usize::MAX, |values| values.len()));
    say!(report, "set-many of none -> {}", done(&batch::set_many(bucket, &[])));
    say!(report, "delete-many of none -> {}", done(&batch::delete_many(bucket, &[])));
    let all = names(&["fact-1", "fact-2", "fact-empty", "fact-bytes", "fact-none"]);
    say!(report, "delete-many -> {}", done(&batch::delete_many(bucket, &all)));
    say!(report, "what is left -> {:?}", all_keys(bucket).map_err(|error| describe(&error)));
}

fn identifiers(report: &mut String) {
    say!(report, "open of an unknown store -> {}", open("unknown").err().map_or("ok".into(), |error| describe(&error)));
}

fn done<T: std::fmt::Debug>(result: &Result<T, Error>) -> String {
    result.as_ref().map_or_else(describe, |value| format!("{value:?}"))
}

fn show(result: &Result<Option<Vec<u8>>, Error>) -> String {
    result.as_ref().map_or_else(describe, |value| match value {
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        None => "none".to_string(),
    })
}

fn many(values: &[Option<(String, Vec<u8>)>]) -> String {
    let text = |(key, value): &(String, Vec<u8>)| format!("{key}={}", text_of(Some(value)));
    values.iter().map(|pair| pair.as_ref().map_or("none".into(), text)).collect::<Vec<_>>().join(" ")
}
