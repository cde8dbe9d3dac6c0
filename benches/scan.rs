//! The scan of a store's own files, by their number.
//!
//! `cargo bench --bench scan`, or `cargo bench --bench scan -- 5000` for one size. The files are made up: PHP, XML, LESS and JavaScript of 1 to 8 KiB in folders as deep as those of
//! a store, one in a hundred with a path to a core package. Wall time is the median of several runs with a warm file
//! cache; the words are those of a switch from Open Source to Mage-OS with 60 modules that go.

use mageshift::project::scan::{Where, scan};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const RUNS: usize = 5;

fn main() {
    println!(
        "{:>8} {:>9} {:>10} {:>12}",
        "files", "MiB", "found", "median"
    );
    let mut sizes: Vec<usize> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    for files in sizes {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bytes = make(folder.path(), files);
        let words = words();
        let mut times: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..=RUNS {
            let start = Instant::now();
            found = scan(folder.path(), Where::Store, &words, &|_| false).len();
            times.push(start.elapsed());
        }
        // The first run warms the cache.
        times.remove(0);
        times.sort();
        println!(
            "{files:>8} {:>9} {found:>10} {:>9} ms",
            bytes / (1024 * 1024),
            times[RUNS / 2].as_millis()
        );
    }
}

fn words() -> Vec<String> {
    let mut words: Vec<String> = [
        "vendor/magento",
        "vendor\\/magento",
        "magento/",
        "magento\\/",
    ]
    .map(str::to_owned)
    .into();
    for module in 0..60 {
        words.push(format!("Magento_Gone{module}"));
        words.push(format!("Magento\\Gone{module}\\"));
        words.push(format!("Magento\\\\Gone{module}\\\\"));
    }
    words
}

/// Makes so many files; their size in bytes.
fn make(folder: &Path, files: usize) -> usize {
    let mut size = 0;
    for number in 0..files {
        let ending = ["php", "xml", "less", "js"][number % 4];
        let module = folder.join(format!(
            "app/code/Acme/Module{}/Model/Part{}",
            number / 200,
            number / 20 % 10
        ));
        if number % 20 == 0 {
            fs::create_dir_all(&module).expect("a writable folder");
        }
        let mut text = String::from("<?php\nnamespace Acme\\Module;\n");
        for line in 0..20 + number % 140 {
            let _ = writeln!(
                text,
                "use Magento\\Framework\\Part{line}; // Magento_Sales vendor/x"
            );
        }
        if number % 100 == 0 {
            text.push_str("vendor/magento/framework\n");
        }
        size += text.len();
        fs::write(module.join(format!("File{number}.{ending}")), text).expect("a writable file");
    }
    size
}
