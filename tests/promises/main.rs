//! What mageshift promises, a module for each promise. What they share is in [`kit`].

mod kit;
#[path = "../../fuzz/readers.rs"]
#[allow(dead_code, reason = "the targets use the readers by name")]
mod readers;

mod advisories;
mod apply_faults;
mod apply_undo;
mod auth_command;
mod blocked;
mod code_hosts;
mod command_line;
mod data_command;
mod data_connection;
mod data_conversion;
mod data_declared;
mod data_facts;
mod data_hostile;
mod data_in_place;
mod data_use;
mod database;
mod document_commands;
mod documents;
mod environments;
mod every_repository;
mod findings;
mod fleet;
mod fuzz_replay;
#[cfg(unix)]
mod guided_screens;
mod hostile_store;
mod install_script;
mod lock_command;
mod merge_plugin;
mod named_root;
mod new_guided;
mod new_project;
mod new_stores;
mod next_command;
mod next_steps;
mod own_builds;
mod packaging;
mod platform_first;
mod preview;
mod profiles;
mod promised_release;
#[cfg(unix)]
mod readme_recording;
mod real_stores;
mod recorded_answers;
mod recording;
mod release_choice;
mod release_data;
mod report;
mod resolver_worlds;
mod run_log;
mod schemas;
mod screen;
mod secrets;
mod silent_host;
mod slim;
mod special_files;
mod store_directions;
mod store_files;
mod store_patches;
mod store_services;
mod stores_with_findings;
mod terminal;
mod told_findings;
mod whole_screens;
mod why_command;
mod wrong_words;
