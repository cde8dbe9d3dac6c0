//! What somebody sees who is led through a switch, on the screens of a small terminal and of a large one.

use crate::kit::terminal::{QUESTIONS_OF_NEW, Terminal};
use crate::kit::*;

/// The program in the sample store.
fn guided(store: &std::path::Path, rows: u16, columns: u16) -> Terminal {
    let mut program = mageshift(store);
    program
        .args(["--no-pager", "switch", "--offline"])
        .env("MAGESHIFT_MIRROR_DIR", RECORDING);
    Terminal::start(&program, rows, columns)
}

/// Nothing on the screen is cut, and no line is wider than it.
fn assert_whole(terminal: &Terminal, columns: u16) {
    let screen = terminal.parser.screen();
    assert!(!screen.contents().contains('…'), "{}", screen.contents());
    for (number, row) in screen.rows(0, columns).enumerate() {
        let number = u16::try_from(number).unwrap();
        // A command to be copied is never broken by us.
        let is_command = row.trim_start().starts_with("mageshift ");
        let is_wrapped = screen.row_wrapped(number);
        assert!(is_command || !is_wrapped, "{row}\n{}", screen.contents());
    }
}

/// Whether it is said of so many choices what becomes of the store's extensions, which is found out while the list is shown.
fn tells_costs(screen: &str, choices: usize) -> bool {
    screen.matches("extension").count() + screen.matches("blocked").count() >= choices
}

#[test]
fn each_choice_stands_beside_what_it_costs_the_store() {
    for (rows, columns) in [(24, 80), (40, 120)] {
        let store = sample_store();
        let mut terminal = guided(store.path(), rows, columns);
        terminal.wait_until("all costs", |screen| {
            screen.contains("Esc stop") && tells_costs(screen, 5)
        });
        assert_whole(&terminal, columns);
        let screen = terminal.screen();
        let unwrapped = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        // Its three extensions are counted, and what is no longer supported does not look as if it were.
        assert!(!unwrapped.contains("no extensions"), "{screen}");
        assert!(unwrapped.contains("2.2.1 (Magento 2.4.8-p4)"), "{screen}");
        assert!(unwrapped.contains("no fixes since 2026-04-15"), "{screen}");
        assert!(unwrapped.contains("no account needed"), "{screen}");
        assert!(
            unwrapped.contains("needs keys of repo.magento.com"),
            "{screen}"
        );
        terminal.press("\r");
        terminal.wait_until("all costs of releases", |screen| {
            screen.contains("Esc back") && tells_costs(screen, 3)
        });
        assert_whole(&terminal, columns);
        let screen = terminal.screen();
        let unwrapped = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            unwrapped.contains("fixes until the next release"),
            "{screen}"
        );
        terminal.press("\r");
        terminal.wait_for("What now?");
        terminal.wait_for("nothing is written");
        assert_whole(&terminal, columns);
        // One step back is the release again, and the one before is the target.
        terminal.press("\u{1b}");
        terminal.wait_for("Which release?");
        terminal.press("\u{1b}");
        terminal.wait_for("What should it become?");
        terminal.press("\u{3}");
        assert_eq!(terminal.end(), 130, "{}", terminal.screen());
    }
}

#[test]
fn a_list_keeps_search_and_place_while_several_things_are_chosen() {
    let home = tempfile::tempdir().unwrap();
    let mut program = mageshift(home.path());
    program
        .args(["--no-pager", "new", "--offline"])
        .env("NO_COLOR", "1")
        .env("MAGESHIFT_MIRROR_DIR", RECORDING);
    let mut terminal = Terminal::start(&program, 24, 80);
    let (before, _) = QUESTIONS_OF_NEW.split_at(7);
    for question in before {
        terminal.wait_for(question);
        terminal.press("\r");
    }
    terminal.wait_for("Which feature sets?");
    terminal.press("\u{1b}[B\r");
    terminal.wait_for("[x] bundle");
    assert_whole(&terminal, 80);
    terminal.press("wish");
    terminal.wait_for("[x] wishlist");
    // One off, the next one too: what is searched for stays, and so does the cursor.
    terminal.press(" ");
    terminal.wait_for("❯ [ ] wishlist");
    terminal.press("\u{1b}[B ");
    terminal.wait_for("❯ [ ] rss");
    let screen = terminal.screen();
    assert!(screen.contains("Feature sets wish"), "{screen}");
    assert!(screen.contains("[ ] wishlist"), "{screen}");
    // Without the search both are as they were left.
    terminal.press(&"\u{7f}".repeat(4));
    terminal.press("rss");
    terminal.wait_for("[ ] rss");
    terminal.press("\u{3}");
    assert_eq!(terminal.end(), 130, "{}", terminal.screen());
}
