//! Facts about every function, in a container of the given name and one beside it, which it removes at its end.

use super::*;

pub fn report(name: &str) -> String {
    let mut report = String::new();
    let (first, second) = (format!("{name}-facts"), format!("{name}-facts/2"));
    for each in [&first, &second] {
        let _ = blobstore::delete_container(each);
    }
    let said = containers(&first, &mut report).and_then(|container| {
        values(&container, &mut report);
        ranges(&container, &mut report);
        names(&container, &mut report);
        lists(&container, &mut report);
        let other = blobstore::create_container(&second)?;
        copies([(&first, &container), (&second, &other)], &mut report);
        endings(&first, &second, &container, &mut report);
        Ok(())
    });
    say!(report, "all facts -> {}", done(&said));
    report
}

fn containers(name: &str, report: &mut String) -> Result<Container, String> {
    say!(report, "container that is not there -> {}", done(&blobstore::get_container(name).map(|_| ())));
    say!(report, "it exists -> {}", done(&blobstore::container_exists(name)));
    say!(report, "deleted all the same -> {}", done(&blobstore::delete_container(name)));
    let container = blobstore::create_container(name)?;
    say!(report, "created again -> {}", done(&blobstore::create_container(name).map(|_| ())));
    say!(report, "it exists now -> {}", done(&blobstore::container_exists(name)));
    say!(report, "its name is as given -> {}", container.name()? == name);
    let info = container.info()?;
    let now = common::wasip2::clocks::wall_clock::now().seconds;
    say!(report, "its metadata -> {} {}", info.name == name, now.abs_diff(info.created_at) < 60);
    Ok(container)
}

fn values(container: &Container, report: &mut String) {
    say!(report, "absent object -> {}", done(&read(container, "a")));
    say!(report, "absent object is there -> {}", done(&container.has_object("a")));
    say!(report, "absent object's metadata -> {}", done(&container.object_info("a").map(|_| ())));
    say!(report, "write -> {}", done(&write(container, "a", b"one")));
    say!(report, "read -> {}", text(&read(container, "a")));
    say!(report, "is there -> {}", done(&container.has_object("a")));
    let now = common::wasip2::clocks::wall_clock::now().seconds;
    let info = container.object_info("a");
    let seen = info.map(|info| (info.name, info.size, now.abs_diff(info.created_at) < 60));
    say!(report, "its metadata -> {}", done(&seen));
    say!(report, "write again -> {}", done(&write(container, "a", b"two!")));
    say!(report, "read again -> {}", text(&read(container, "a")));
    say!(report, "write of nothing -> {}", done(&write(container, "empty", b"")));
    say!(report, "read of nothing -> {}", text(&read(container, "empty")));
    let every_byte: Vec<u8> = (0..1_000_000).map(|at| (at % 251) as u8).collect();
    say!(report, "write of a million bytes -> {}", done(&write(container, "large", &every_byte)));
    say!(report, "they come back -> {}", read(container, "large") == Ok(every_byte));
    order(container, report);
}

/// Bytes may come before it is known where they go.
fn order(container: &Container, report: &mut String) {
    let value = OutgoingValue::new_outgoing_value();
    let stream = value.outgoing_value_write_body().expect("the first stream");
    say!(report, "second stream -> {}", value.outgoing_value_write_body().is_err());
    say!(report, "bytes first -> {:?}", write_all(&stream, b"early").is_ok());
    drop(stream);
    say!(report, "then the place -> {}", done(&container.write_data("order", &value)));
    say!(report, "another place -> {}", done(&container.write_data("other", &value)));
    say!(report, "not there before finish -> {}", done(&container.has_object("order")));
    say!(report, "finish -> {}", done(&OutgoingValue::finish(value)));
    say!(report, "read -> {}", text(&read(container, "order")));
    let dropped = OutgoingValue::new_outgoing_value();
    let _ = container.write_data("order", &dropped);
    let stream = dropped.outgoing_value_write_body().expect("the first stream");
    let _ = write_and_flush(&stream, b"never seen");
    drop(stream);
    drop(dropped);
    say!(report, "after a value that was dropped -> {}", text(&read(container, "order")));
    say!(report, "finish without a place -> {}", done(&OutgoingValue::finish(OutgoingValue::new_outgoing_value())));
}

fn ranges(container: &Container, report: &mut String) {
    let _ = write(container, "digits", b"0123456789");
    for (start, end) in [(0, 0), (2, 4), (0, 9), (8, 10), (9, u64::MAX), (10, 10), (11, 20), (u64::MAX, u64::MAX), (3, 2)] {
        let value = container.get_data("digits", start, end);
        let size = value.as_ref().map_or(0, |value| value.size());
        let bytes = value.and_then(IncomingValue::incoming_value_consume_sync);
        say!(report, "from {start} to {end} -> {} of {size}", text(&bytes));
    }
    let value = container.get_data("digits", 1, 8).expect("a range");
    let _ = write(container, "digits", b"replaced");
    let stream = IncomingValue::incoming_value_consume_async(value).expect("a stream");
    let bytes = read_to_end(&stream).map_err(|error| describe(&error));
    say!(report, "of the old object -> {}", text(&bytes));
    say!(report, "of an empty object -> {}", text(&read(container, "empty")));
}

fn names(container: &Container, report: &mut String) {
    let long = "n".repeat(1025);
    for (what, name) in [
        ("empty", ""),
        ("dot", "."),
        ("dots", ".."),
        ("way out", "../../../../tmp/out"),
        ("absolute", "/etc/passwd"),
        ("slashes", "a//b/"),
        ("same but for a slash", "a//b"),
        ("NUL", "a\0b"),
        ("control", "a\r\nb\u{7f}"),
        ("percent", "%2e%2E/%41"),
        ("back", "..\\..\\a"),
        ("query", "a?b=c&d#e+f g"),
        ("markup", "<a>&amp;\"'"),
        ("capital", "UPPER"),
        ("small", "upper"),
        ("composed", "\u{e9}"),
        ("decomposed", "e\u{301}"),
        ("beyond", "\u{1f600}\u{fffe}"),
        ("hidden", ".partial"),
    ] {
        let written = write(container, name, what.as_bytes());
        let back = read(container, name);
        let is_listed = names_in(container).is_ok_and(|names| names.iter().any(|other| other == name));
        say!(report, "{what} name -> {} {} {is_listed}", done(&written), text(&back));
    }
    say!(report, "name of 1025 bytes -> {}", done(&write(container, &long, b"")));
    say!(report, "object of such a name -> {}", done(&container.has_object(&long)));
    say!(report, "container of such a name -> {}", done(&blobstore::container_exists(&long)));
    let hostile = blobstore::create_container("../facts").and_then(|container| container.name());
    say!(report, "container outside -> {}", done(&hostile));
    say!(report, "deleted -> {}", done(&blobstore::delete_container("../facts")));
}

fn lists(container: &Container, report: &mut String) {
    say!(report, "clear -> {}", done(&container.clear()));
    say!(report, "names then -> {}", done(&names_in(container)));
    for name in ["1", "2", "3", "4", "5"] {
        let _ = write(container, name, name.as_bytes());
    }
    say!(report, "names -> {}", done(&names_in(container)));
    let Ok(stream) = container.list_objects() else { return say!(report, "no list") };
    say!(report, "none of them -> {}", done(&stream.read_stream_object_names(0)));
    say!(report, "skip 2 -> {}", done(&stream.skip_stream_object_names(2)));
    say!(report, "read 1 -> {}", done(&stream.read_stream_object_names(1).map(|(names, end)| (names.len(), end))));
    say!(report, "read 2 -> {}", done(&stream.read_stream_object_names(2).map(|(names, end)| (names.len(), end))));
    say!(report, "read more -> {}", done(&stream.read_stream_object_names(u64::MAX)));
    say!(report, "skip more -> {}", done(&stream.skip_stream_object_names(u64::MAX)));
    say!(report, "delete -> {}", done(&container.delete_object("1")));
    say!(report, "delete again -> {}", done(&container.delete_object("1")));
    let some = ["2", "none", "3"].map(String::from);
    say!(report, "delete several -> {}", done(&container.delete_objects(&some)));
    say!(report, "delete of none -> {}", done(&container.delete_objects(&[])));
    say!(report, "names then -> {}", done(&names_in(container)));
}

fn copies([(first, one), (second, two)]: [(&str, &Container); 2], report: &mut String) {
    let id = |container: &str, object: &str| ObjectId { container: container.into(), object: object.into() };
    let _ = write(two, "c", b"old");
    say!(report, "copy -> {}", done(&blobstore::copy_object(&id(first, "4"), &id(second, "c"))));
    say!(report, "both -> {} {}", text(&read(one, "4")), text(&read(two, "c")));
    say!(report, "copy of nothing -> {}", done(&blobstore::copy_object(&id(first, "none"), &id(second, "c"))));
    say!(report, "copy to nowhere -> {}", done(&blobstore::copy_object(&id(first, "4"), &id("nowhere", "c"))));
    say!(report, "copy to itself -> {}", done(&blobstore::copy_object(&id(first, "4"), &id(first, "4"))));
    say!(report, "move -> {}", done(&blobstore::move_object(&id(first, "5"), &id(second, "m"))));
    say!(report, "both -> {} {}", text(&read(one, "5")), text(&read(two, "m")));
    say!(report, "move of nothing -> {}", done(&blobstore::move_object(&id(first, "none"), &id(second, "m"))));
    say!(report, "move to nowhere -> {}", done(&blobstore::move_object(&id(first, "4"), &id("nowhere", "m"))));
    say!(report, "move to itself -> {}", done(&blobstore::move_object(&id(first, "4"), &id(first, "4"))));
    say!(report, "still there -> {}", text(&read(one, "4")));
}

fn endings(first: &str, second: &str, container: &Container, report: &mut String) {
    say!(report, "delete with objects -> {}", done(&blobstore::delete_container(first)));
    say!(report, "its metadata then -> {}", done(&container.info().map(|_| ())));
    say!(report, "its objects then -> {}", done(&read(container, "4")));
    say!(report, "write then -> {}", done(&write(container, "4", b"4")));
    say!(report, "list then -> {}", done(&names_in(container)));
    say!(report, "clear then -> {}", done(&container.clear()));
    say!(report, "delete the other -> {}", done(&blobstore::delete_container(second)));
}

fn done<T: std::fmt::Debug>(result: &Result<T, String>) -> String {
    result.as_ref().map_or_else(|error| format!("error: {error}"), |value| format!("{value:?}"))
}

fn text(result: &Result<Vec<u8>, String>) -> String {
    result.as_ref().map_or_else(|error| format!("error: {error}"), |bytes| format!("{:?}", String::from_utf8_lossy(bytes)))
}
