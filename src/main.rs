use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A plan is made of millions of small allocations, which the system's allocator takes a third longer for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    mageshift::cli::main().into()
}
