//! PHP scripts of this folder, which use the classes of the Composer that is installed.

use super::composer::Composer;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// The script, to be run in `dir`.
pub(crate) fn script(
    composer: &Composer,
    dir: &Path,
    name: &str,
    argument: impl AsRef<OsStr>,
) -> Command {
    let mut command = Command::new("php");
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/promises/kit")
        .join(name);
    command
        .args(["-d", "memory_limit=-1"])
        .arg(script)
        .arg(argument);
    composer.prepare(&mut command, dir);
    command
}
