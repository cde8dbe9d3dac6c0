//! Packs the recording, which ships in the program: as it lies in the repository it would be a tenth of it.

use flate2::{Compression, write::GzEncoder};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const RECORDING: &str = "data/recording";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={RECORDING}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let packed = GzEncoder::new(
        File::create(out.join("recording.tar.gz"))?,
        Compression::best(),
    );
    let mut archive = tar::Builder::new(packed);
    // The hosts; what is beside them is about the recording.
    for host in entries(Path::new(RECORDING))? {
        if host.is_dir() {
            add(&mut archive, &host)?;
        }
    }
    archive.into_inner()?.finish()?;
    Ok(())
}

/// Adds all files below a folder, with nothing that depends on who builds when.
fn add(archive: &mut tar::Builder<impl io::Write>, folder: &Path) -> io::Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            add(archive, &path)?;
            continue;
        }
        let text = fs::read(&path)?;
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let name = path.strip_prefix(RECORDING).map_err(io::Error::other)?;
        archive.append_data(&mut header, name, text.as_slice())?;
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut entries: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}
