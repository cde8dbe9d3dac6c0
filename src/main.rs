use std::process::ExitCode;

fn main() -> ExitCode {
    mageshift::cli::main().into()
}
