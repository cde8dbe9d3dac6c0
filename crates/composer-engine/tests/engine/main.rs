//! What the engine promises: Composer's own answers on formats, repositories and the solver, and properties of all three.

mod by_name;
mod foresight;
mod formats_differential;
mod hostile_server;
mod lock_differential;
mod narrow_look;
mod repository_differential;
mod repository_folder;
mod repository_http;
mod repository_sources;
mod resolver_properties;
mod root_family;
mod semver_differential;
mod semver_properties;
mod sort_differential;
mod tls;

#[path = "../support/semver_cases.rs"]
mod cases;
#[path = "../support/differential.rs"]
mod differential;
#[path = "../support/server.rs"]
mod server;
