//! What a guest learns of its surroundings: variables, arguments, directory, stdin, terminal.

use common::wasip2::cli::{environment, stdin::get_stdin, terminal_stdout::get_terminal_stdout};
use common::*;

guest!(env);

fn env(_request: IncomingRequest, out: ResponseOutparam) {
    let mut report = String::new();
    for (name, value) in environment::get_environment() {
        say!(report, "{name}={value}");
    }
    for argument in environment::get_arguments() {
        say!(report, "arg: {argument}");
    }
    say!(report, "cwd: {}", environment::initial_cwd().as_deref().unwrap_or("none"));
    match get_stdin().blocking_read(CHUNK) {
        Ok(bytes) => say!(report, "stdin: {} bytes", bytes.len()),
        Err(error) => say!(report, "stdin: {}", stream_error(&error)),
    }
    say!(report, "terminal-stdout: {}", if get_terminal_stdout().is_some() { "present" } else { "none" });
    reply(out, 200, &report);
}
