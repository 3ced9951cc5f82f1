//! The rules of `wasi:http/types.fields`, one fact a line: `what -> result`.

use common::*;

guest!(report_fields);

const FORBIDDEN: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "host",
    "http2-settings",
];
const BAD_NAMES: [&str; 6] = ["", "a b", "a:b", "a\n", "caf\u{e9}", "(x)"];
const BAD_VALUES: [&[u8]; 4] = [b"a\nb", b"a\rb", b"a\0b", b"a\x7fb"];
const GOOD_VALUES: [&[u8]; 4] = [b"", b"a\tb", b"caf\xE9", b" spaced "];

fn report_fields(request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    syntax(&mut report);
    methods(&mut report);
    order_of_checks(&mut report, &request.headers());
    clones(&mut report, &request.headers());
    lists(&mut report);
    reply(out, 200, &report);
}

fn syntax(report: &mut String) {
    let fields = Fields::new();
    for name in FORBIDDEN {
        say!(report, "append {name} -> {}", header_result(fields.append(name, b"x")));
    }
    say!(report, "append Host -> {}", header_result(fields.append("Host", b"x")));
    say!(report, "set host -> {}", header_result(fields.set("host", &[b"x".to_vec()])));
    say!(report, "delete host -> {}", header_result(fields.delete("host")));
    for name in BAD_NAMES {
        say!(report, "append name {name:?} -> {}", header_result(fields.append(name, b"x")));
    }
    for value in BAD_VALUES.iter().chain(&GOOD_VALUES) {
        say!(report, "append value {} -> {}", hex(value), header_result(fields.append("x-value", value)));
    }
    say!(report, "values kept -> {}", show(&fields.get("x-value")));
}

fn methods(report: &mut String) {
    let fields = Fields::new();
    say!(report, "append X-One -> {}", header_result(fields.append("X-One", b"1")));
    say!(report, "append x-two -> {}", header_result(fields.append("x-two", b"2")));
    say!(report, "append x-one -> {}", header_result(fields.append("x-one", b"3")));
    say!(report, "entries -> {}", entries(&fields));
    say!(report, "get x-ONE -> {}", show(&fields.get("x-ONE")));
    say!(report, "has x-ONE -> {}", fields.has("x-ONE"));
    say!(report, "get missing -> {}", show(&fields.get("x-missing")));
    say!(report, "has missing -> {}", fields.has("x-missing"));
    say!(report, "get bad name -> {}", show(&fields.get("a b")));
    say!(report, "has bad name -> {}", fields.has("a b"));
    say!(report, "set x-two [a, b] -> {}", header_result(fields.set("x-two", &[b"a".to_vec(), b"b".to_vec()])));
    say!(report, "get x-two -> {}", show(&fields.get("x-two")));
    say!(report, "set x-two [] -> {}", header_result(fields.set("x-two", &[])));
    say!(report, "has x-two after set [] -> {}", fields.has("x-two"));
    say!(report, "set one bad of two -> {}", header_result(fields.set("x-one", &[b"ok".to_vec(), b"a\nb".to_vec()])));
    say!(report, "get x-one after failed set -> {}", show(&fields.get("x-one")));
    say!(report, "delete missing -> {}", header_result(fields.delete("x-missing")));
    say!(report, "delete bad name -> {}", header_result(fields.delete("a b")));
    say!(report, "delete x-one -> {}", header_result(fields.delete("x-one")));
    say!(report, "entries after delete -> {}", entries(&fields));
}

/// Name syntax, forbidden, immutable, value syntax: each case breaks its rule and all later ones.
fn order_of_checks(report: &mut String, incoming: &Fields) {
    let bad = b"a\nb";
    say!(report, "incoming append bad name, bad value -> {}", header_result(incoming.append("a b", bad)));
    say!(report, "incoming append forbidden, bad value -> {}", header_result(incoming.append("host", bad)));
    say!(report, "incoming append good name, bad value -> {}", header_result(incoming.append("x-good", bad)));
    say!(report, "incoming set good name, bad value -> {}", header_result(incoming.set("x-good", &[bad.to_vec()])));
    say!(report, "incoming append good -> {}", header_result(incoming.append("x-good", b"x")));
    say!(report, "incoming set good -> {}", header_result(incoming.set("x-good", &[b"x".to_vec()])));
    say!(report, "incoming set bad name -> {}", header_result(incoming.set("a b", &[])));
    say!(report, "incoming delete good -> {}", header_result(incoming.delete("x-good")));
    say!(report, "incoming delete forbidden -> {}", header_result(incoming.delete("host")));
    say!(report, "incoming delete bad name -> {}", header_result(incoming.delete("a b")));
    say!(report, "fresh append forbidden, bad value -> {}", header_result(Fields::new().append("host", bad)));
    say!(report, "incoming has host -> {}", incoming.has("host"));
}

fn clones(report: &mut String, incoming: &Fields) {
    let copy = incoming.clone();
    say!(report, "clone of incoming append -> {}", header_result(copy.append("x-clone", b"1")));
    say!(report, "clone has x-clone -> {}", copy.has("x-clone"));
    say!(report, "incoming has x-clone -> {}", incoming.has("x-clone"));
    let first = Fields::new();
    let _ = first.append("x-a", b"1");
    let second = first.clone();
    let _ = first.append("x-a", b"2");
    say!(report, "clone after its source grew -> {}", entries(&second));
    let response = OutgoingResponse::new(first);
    say!(report, "fields of a response append -> {}", header_result(response.headers().append("x-late", b"1")));
}

fn lists(report: &mut String) {
    let list = |pairs: &[(&str, &[u8])]| {
        let owned: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_vec())).collect();
        Fields::from_list(&owned)
    };
    let result = |made: Result<Fields, HeaderError>| header_result(made.map(|_| ()));
    say!(report, "from-list [] -> {}", result(list(&[])));
    say!(report, "from-list bad name -> {}", result(list(&[("x-a", b"1"), ("a b", b"2")])));
    say!(report, "from-list forbidden -> {}", result(list(&[("x-a", b"1"), ("upgrade", b"2")])));
    say!(report, "from-list bad value -> {}", result(list(&[("x-a", b"1"), ("x-b", b"a\nb")])));
    let made = list(&[("X-A", b"1"), ("x-b", b"2"), ("x-a", b"3")]);
    say!(report, "from-list entries -> {}", made.map_or("err".to_string(), |fields| entries(&fields)));
}

fn entries(fields: &Fields) -> String {
    let pairs: Vec<_> = fields.entries().iter().map(|(name, value)| format!("{name}={}", value.escape_ascii())).collect();
    format!("[{}]", pairs.join(", "))
}

fn show(values: &[Vec<u8>]) -> String {
    let texts: Vec<_> = values.iter().map(|value| value.escape_ascii().to_string()).collect();
    format!("[{}]", texts.join(", "))
}
