//! Not a `wasi:http/proxy`: a command, whose only export is `wasi:cli/run`.

use common::wasip2;

struct Component;
wasip2::cli::command::export!(Component);

impl wasip2::exports::cli::run::Guest for Component {
    fn run() -> Result<(), ()> {
        println!("command ran");
        Ok(())
    }
}
