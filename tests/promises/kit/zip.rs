//! Archives of made-up packages.

use std::fs;
use std::path::Path;

/// Writes a zip archive of text files, stored as they are; files below `bin/` may be executed.
pub(crate) fn write(path: &Path, files: &[(&str, &str)]) {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in files {
        let offset = size(out.len());
        let mode: u32 = if name.starts_with("bin/") {
            0o100_755
        } else {
            0o100_644
        };
        // Version 2.0, UTF-8 names, stored, midnight of the first of January 1980.
        let common = [20u16, 0x0800, 0, 0, 0x0021].map(u16::to_le_bytes).concat();
        let crc = crc32fast::hash(text.as_bytes()).to_le_bytes();
        let lengths = size(text.len()).repeat(2);
        let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let header = [common.as_slice(), &crc, &lengths, &name_length, &[0; 2]].concat();
        out.extend(
            [
                b"PK\x03\x04".as_slice(),
                &header,
                name.as_bytes(),
                text.as_bytes(),
            ]
            .concat(),
        );
        // Made on Unix; no comment, one disk, no internal attributes.
        let attributes = [[0u8; 6].as_slice(), &(mode << 16).to_le_bytes(), &offset].concat();
        directory.extend(
            [
                b"PK\x01\x02".as_slice(),
                &[20, 3],
                &header,
                &attributes,
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let start = size(out.len());
    let end = [
        b"PK\x05\x06".as_slice(),
        &[0; 4],
        &count,
        &count,
        &size(directory.len()),
        &start,
        &[0; 2],
    ];
    out.extend([directory.as_slice(), &end.concat()].concat());
    fs::write(path, out).unwrap();
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap().to_le_bytes()
}
