//! What a root says besides packages and repositories: of itself, of autoloading, scripts, plugins and `extra`.

mod allow_plugins;
mod extra;
mod identity;
mod scripts;
mod sections;
