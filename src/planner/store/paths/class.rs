//! What a file is to its readers, by its name and place.

/// Who reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Read by a tool that takes paths from it.
    Configuration,
    /// Read by a bot that takes package names from it.
    Bot,
    /// Run, so that a path in it may be anything.
    Code,
    /// Read by people.
    Prose,
}

/// Endings of configuration, also below the folders with code.
const CONFIGURATION: [&str; 18] = [
    "cfg", "conf", "css", "dist", "ini", "json", "json5", "less", "mk", "neon", "sample", "sass",
    "scss", "sh", "toml", "vcl", "yaml", "yml",
];

const PROSE: [&str; 10] = [
    "adoc", "csv", "htm", "html", "log", "markdown", "md", "po", "rst", "txt",
];

/// Folders with the shop's code.
const CODE: [&str; 5] = ["app/", "lib/", "pub/", "setup/", "src/"];

impl Class {
    /// By the path alone; what is in the file is not looked at.
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let lower = name.to_ascii_lowercase();
        let bots = ["dependabot.", "renovate.", ".renovaterc"];
        if bots.iter().any(|bot| lower.starts_with(bot)) {
            return Self::Bot;
        }
        if PROSE.contains(&ending) || ["license", "changelog", "readme"].contains(&lower.as_str()) {
            return Self::Prose;
        }
        let is_tool = CONFIGURATION.contains(&ending)
            || [
                "phpunit", "phpcs", "phpmd", "rector", "tailwind", "grunt", "gulp", "webpack",
            ]
            .iter()
            .any(|tool| lower.starts_with(tool))
            || lower.contains(".config.");
        if !is_tool && CODE.iter().any(|folder| path.starts_with(folder)) {
            return Self::Code;
        }
        Self::Configuration
    }
}
