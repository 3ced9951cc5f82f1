//! A valid proxy that also imports what no host here has: `acme:keyvalue/store` and `acme:greeter/greet`.

use common::*;

wit_bindgen::generate!({ path: "wit", world: "missing", generate_all });

guest!(greet);

fn greet(_request: IncomingRequest, out: ResponseOutparam) {
    let greeting = acme::greeter::greet::greet("wasi-serve");
    let known = acme::keyvalue::store::open("default").and_then(|bucket| bucket.exists("greeting"));
    reply(out, 200, &format!("{greeting} {}\n", ok_or_err(&known)));
}
