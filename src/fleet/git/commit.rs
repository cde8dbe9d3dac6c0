//! A plan as a commit on a branch of its own, made beside the checkout: no file in it is touched, neither is the branch that it
//! is on.
//!
//! The commit is whole before the branch is made, and the branch is made in one step, which fails when it is there. So a run
//! that is cut off leaves the branch with the commit, or no branch.

use super::checkout::{Checkout, main_branch};
use super::program::{GitError, check_writer, remote, run, text, with_index};
use crate::fleet::result::Committed;
use crate::plan::{Edit, Plan};
use std::io::Write;

/// What a file has in git that nothing says otherwise of.
const PLAIN: &str = "100644";

/// The name of the branch for a plan: `mageshift/TARGET-RELEASE`.
pub(crate) fn branch(plan: &Plan) -> String {
    let target = plan
        .target
        .target()
        .map_or(&*plan.target.distribution, |target| target.word());
    let release = plan.target.release.as_deref().unwrap_or("new");
    // A release is what a repository says; a name of a branch has rules.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let release: String = release
        .chars()
        .map(|c| if plain(c) { c } else { '-' })
        .collect();
    let release = release.replace("..", "-");
    format!("mageshift/{target}-{}", release.trim_matches(['.', '-']))
}

impl Checkout {
    /// Commits the new files of a plan that was made from this checkout. Where the branch is there with the same files on the
    /// same commit, it is taken as it is.
    pub(crate) fn commit(&self, plan: &Plan, message: &str) -> Result<Committed, GitError> {
        self.check_clean()?;
        let branch = branch(plan);
        if self.base.as_deref() == Some(&branch) {
            return Err(GitError::MainBranch { branch });
        }
        let dir = tempfile::tempdir().map_err(|error| GitError::Git {
            what: "nothing can be prepared",
            why: error.to_string(),
        })?;
        let index = dir.path().join("index");
        let what = "the commit cannot be made";
        let in_index = |arguments: &[&str]| with_index(&self.repository, &index, what, arguments);
        in_index(&["read-tree", &self.commit])?;
        let (mut paths, mut left) = (Vec::new(), Vec::new());
        for edit in plan.edits.iter().filter(|edit| edit.changes_file()) {
            let path = format!("{}{}", self.prefix, edit.path);
            let Some(mode) = self.mode(&path, edit)? else {
                left.push(edit.path.clone());
                continue;
            };
            match &edit.after {
                Some(after) => {
                    let blob = self.write(dir.path(), after)?;
                    let entry = format!("{mode},{blob},{path}");
                    in_index(&["update-index", "--add", "--cacheinfo", &entry])?;
                }
                None => drop(in_index(&["update-index", "--force-remove", "--", &path])?),
            }
            paths.push(edit.path.clone());
        }
        if paths.is_empty() {
            return Err(GitError::NoRepository(self.folder()));
        }
        let tree = in_index(&["write-tree"])?;
        let reference = format!("refs/heads/{branch}");
        let there = [
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{reference}^{{commit}}"),
        ];
        let commit = match text(&self.repository, what, &there) {
            Ok(commit) => {
                let tip = [
                    "rev-parse",
                    &format!("{commit}^{{tree}}"),
                    &format!("{commit}^1"),
                ];
                let tip = text(&self.repository, what, &tip).unwrap_or_default();
                if tip.lines().collect::<Vec<_>>() != [&*tree, &*self.commit] {
                    return Err(GitError::BranchTaken { branch });
                }
                commit
            }
            Err(_) => {
                check_writer(&self.repository)?;
                let commit = ["commit-tree", &tree, "-p", &self.commit, "-m", message];
                let commit = text(&self.repository, what, &commit)?;
                // The zeros say that the branch must not be there.
                let none = "0".repeat(commit.len());
                let update = ["update-ref", "-m", "mageshift", &reference, &commit, &none];
                run(&self.repository, "the branch cannot be made", &update)?;
                commit
            }
        };
        Ok(Committed {
            branch,
            commit,
            base: self.commit.clone(),
            paths,
            left,
            pushed: false,
            pull_request: None,
        })
    }

    /// The mode that git has a file with, or gets it with. None for a file that git does not have and should not: it is there and
    /// ignored, or was left out. Fails when git has it otherwise than the plan found it.
    fn mode(&self, path: &str, edit: &Edit) -> Result<Option<String>, GitError> {
        let what = "the files of the commit cannot be read";
        let listed = text(
            &self.repository,
            what,
            &["ls-tree", "--full-tree", &self.commit, "--", path],
        )?;
        let Some(before) = &edit.before_sha256 else {
            let ignored = ["check-ignore", "--quiet", "--no-index", "--", path];
            let is_ignored = run(&self.repository, what, &ignored).is_ok();
            return Ok((listed.is_empty() && !is_ignored).then(|| PLAIN.to_owned()));
        };
        let Some((mode, rest)) = listed.split_once(' ') else {
            return Ok(None);
        };
        let blob = rest.split_whitespace().nth(1).unwrap_or_default();
        let is_file = matches!(mode, "100644" | "100755");
        let bytes = match is_file {
            true => run(&self.repository, what, &["cat-file", "blob", blob])?,
            false => Vec::new(),
        };
        match is_file && before.is_of(&bytes) {
            true => Ok(Some(mode.to_owned())),
            false => Err(GitError::Converted {
                path: path.to_owned(),
                commit: self.commit.chars().take(10).collect(),
            }),
        }
    }

    /// Puts a text among the objects of the repository, byte for byte.
    fn write(&self, folder: &std::path::Path, text_: &str) -> Result<String, GitError> {
        let what = "the new files cannot be kept";
        let failed = |error: std::io::Error| GitError::Git {
            what,
            why: error.to_string(),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        file.write_all(text_.as_bytes()).map_err(failed)?;
        let path = file.path().display().to_string();
        text(
            &self.repository,
            what,
            &["hash-object", "-w", "--no-filters", "--", &path],
        )
    }

    /// Pushes the branch to where the repository came from, where it is not there already. Never forces, and never writes to the
    /// main branch there.
    pub(crate) fn push(&self, committed: &mut Committed) -> Result<(), GitError> {
        let Some((_, url)) = &self.origin else {
            return Err(GitError::Git {
                what: "cannot be pushed",
                why: "the repository came from nowhere: it has no remote".to_owned(),
            });
        };
        let branch = &committed.branch;
        if main_branch(url)?.as_deref() == Some(branch) {
            return Err(GitError::MainBranch {
                branch: branch.clone(),
            });
        }
        let reference = format!("refs/heads/{branch}");
        let listed = remote(
            None,
            url,
            "cannot be asked",
            &["ls-remote", "--", url, &reference],
        )?;
        if listed.split_whitespace().next() != Some(&committed.commit) {
            let wanted = format!("{}:{reference}", committed.commit);
            // A lease on nothing: whoever was there first keeps the branch.
            let lease = format!("--force-with-lease={reference}:");
            let push = ["push", "--quiet", "--no-verify", &lease, "--", url, &wanted];
            remote(Some(&self.repository), url, "cannot be pushed", &push)?;
        }
        committed.pushed = true;
        Ok(())
    }

    /// Takes back a branch that was made here, where it is still as it was made. Says whether there was one.
    pub(crate) fn take_back(&self, committed: &Committed) -> Result<bool, GitError> {
        let reference = format!("refs/heads/{}", committed.branch);
        let there = text(
            &self.repository,
            "git",
            &["rev-parse", "--verify", "--quiet", &reference],
        );
        match there {
            Err(_) => Ok(false),
            Ok(commit) if commit != committed.commit => Err(GitError::BranchTaken {
                branch: committed.branch.clone(),
            }),
            Ok(_) => {
                let head = text(
                    &self.repository,
                    "git",
                    &["symbolic-ref", "--quiet", "HEAD"],
                );
                if head.is_ok_and(|head| head == reference) {
                    return Err(GitError::Git {
                        what: "the branch cannot be taken back",
                        why: "it is checked out".to_owned(),
                    });
                }
                let delete = ["update-ref", "-d", &reference, &committed.commit];
                run(&self.repository, "the branch cannot be taken back", &delete).map(|_| true)
            }
        }
    }
}
