//! Prints in pieces: lines made of several writes, two lines in one write, a terminal escape, a last line without its end.

use common::wasip2::cli::{stderr::get_stderr, stdout::get_stdout};
use common::*;

guest!(print);

fn print(_request: IncomingRequest, out: ResponseOutparam) {
    let (stdout, stderr) = (get_stdout(), get_stderr());
    for piece in ["out ", "one", "\n", "out two\nout three\n", "\x1b[31mred\x1b[0m\n", "no newline"] {
        let _ = write_and_flush(&stdout, piece.as_bytes());
    }
    for piece in ["err ", "one\n", "err two\n"] {
        let _ = write_and_flush(&stderr, piece.as_bytes());
    }
    reply(out, 200, "printed\n");
}
