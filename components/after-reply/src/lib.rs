//! `?ms=M`: finishes its reply, then works on for so long and says so on stdout.

use common::*;

guest!(after_reply);

fn after_reply(request: IncomingRequest, out: ResponseOutparam) {
    reply(out, 200, "early\n");
    sleep(Query::of(&request).number("ms").unwrap_or(100));
    println!("after reply done");
}
