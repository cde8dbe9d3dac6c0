//! PHP's sort under comparisons that are no order at all, against PHP.

use composer_engine::resolve::stable_sort::sort_as_php;
use std::cmp::Ordering;
use std::io::Write;
use std::process::{Command, Stdio};

/// Reads lines of a length and a row-wise matrix of `<`, `=` and `>`, and prints how it sorts 0, 1, … by the matrix.
const SCRIPT: &str = r#"while (($line = fgets(STDIN)) !== false) {
    [$n, $m] = explode(" ", trim($line));
    $items = range(0, $n - 1);
    usort($items, fn($a, $b) => ["<" => -1, "=" => 0, ">" => 1][$m[$a * $n + $b]]);
    echo implode(",", $items), "\n";
}"#;

/// A small generator of random numbers (xorshift), so that the cases are the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[test]
fn any_comparison_sorts_as_in_php() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let lengths = (2..=40).flat_map(|length| std::iter::repeat_n(length, 60));
    let cases: Vec<(usize, Vec<u8>)> = lengths
        .chain([100, 257, 1023, 1024, 1100])
        .map(|length| {
            // From nearly an order to none at all.
            let disorder = random.below(101);
            let cell = |index: usize, random: &mut Random| match random.below(100) < disorder {
                true => b"<=>"[random.below(3) as usize],
                false => match (index / length).cmp(&(index % length)) {
                    Ordering::Less => b'>',
                    Ordering::Equal => b'=',
                    Ordering::Greater => b'<',
                },
            };
            (
                length,
                (0..length * length)
                    .map(|index| cell(index, &mut random))
                    .collect(),
            )
        })
        .collect();
    let spawned = Command::new("php")
        .args(["-d", "memory_limit=-1", "-r", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut php) = spawned else {
        eprintln!("skipped: needs php");
        return;
    };
    let mut input = php.stdin.take().unwrap();
    let lines: Vec<u8> = cases
        .iter()
        .flat_map(|(length, matrix)| [format!("{length} ").as_bytes(), matrix, b"\n"].concat())
        .collect();
    let writing = std::thread::spawn(move || input.write_all(&lines));
    let output = php.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), cases.len());
    for ((length, matrix), theirs) in cases.iter().zip(answers.lines()) {
        let mut items: Vec<usize> = (0..*length).collect();
        sort_as_php(&mut items, |a, b| match matrix[a * length + b] {
            b'<' => Ordering::Less,
            b'=' => Ordering::Equal,
            _ => Ordering::Greater,
        });
        let ours: Vec<String> = items.iter().map(usize::to_string).collect();
        assert_eq!(
            ours.join(","),
            theirs,
            "{length} items, {:?}",
            String::from_utf8_lossy(matrix)
        );
    }
}
