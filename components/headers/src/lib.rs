//! Reports the request's fields byte for byte in their order, and replies with fields that are easy to spoil:
//! two cookies, a Latin-1 byte, a name that comes back after another.

use common::*;

guest!(headers);

const RESPONSE_FIELDS: [(&str, &[u8]); 6] = [
    ("set-cookie", b"a=1"),
    ("set-cookie", b"b=2"),
    ("x-latin", b"caf\xE9"),
    ("x-order-1", b"first"),
    ("x-order-2", b"second"),
    ("x-order-1", b"third"),
];

fn headers(request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    for (name, value) in request.headers().entries() {
        say!(report, "{name}: {}", hex(&value));
    }
    let fields = text_fields();
    for (name, value) in RESPONSE_FIELDS {
        fields.append(name, value).expect("an allowed field");
    }
    reply_with(out, 200, fields, &report, None);
}
