//! The `magpie` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    magpie_server::cli::run()
}
