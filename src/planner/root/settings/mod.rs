//! What a root says besides packages and repositories: of itself, of autoloading, scripts, plugins and `extra`.

mod allow_plugins;
mod core_paths;
mod extra;
mod identity;
mod scripts;
mod sections;
