//! The arguments of `mageshift auth`.

use clap::Args;
use composer_engine::format::auth::file::AuthKind;

/// Store, test, list or remove the credentials of a repository
///
/// The secret is asked for, or read from standard input, and goes into an auth.json that only its owner can read: the
/// project's own, or with --global Composer's. A project's auth.json that git would commit is refused. Then the host, and
/// no other, is asked whether it takes them.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  Store the keys of the Adobe Commerce Marketplace, and test them:
    mageshift auth repo.magento.com

  The same in a pipeline, public key and private key on a line each:
    printf '%s\\n' \"$PUBLIC\" \"$PRIVATE\" | mageshift auth repo.magento.com --stdin

  Test what is stored:
    mageshift auth repo.magento.com --test

  See what is stored, without secrets:
    mageshift auth --list

Exit codes:
  0 done, or nothing to do   2 wrong usage   130 interrupted
  1 failed                   3 refused by the host, or git would commit it")]
pub(crate) struct AuthArgs {
    /// The host, with its port if that is not the usual one
    #[arg(value_name = "HOST", required_unless_present = "list")]
    pub host: Option<String>,

    /// The kind of credentials
    #[arg(
        long,
        value_name = "KIND",
        value_parser = kind,
        long_help = "The kind of credentials: http-basic, bearer, github-oauth, gitlab-oauth, gitlab-token or bitbucket-oauth. Left out, it is what the host asks for as a rule: http-basic but for github.com, gitlab.com and bitbucket.org"
    )]
    pub kind: Option<AuthKind>,

    /// The user name, public key or consumer key
    #[arg(long, value_name = "NAME")]
    pub username: Option<String>,

    /// Use Composer's own auth.json, for all projects of this user
    #[arg(long)]
    pub global: bool,

    /// Read the credentials from standard input, one part a line
    #[arg(long)]
    pub stdin: bool,

    /// Add the project's auth.json to .gitignore when git would commit it
    #[arg(long)]
    pub add_to_gitignore: bool,

    /// Store without testing
    #[arg(long, conflicts_with = "test")]
    pub offline: bool,

    /// Only test what is stored
    #[arg(long, conflicts_with_all = ["list", "remove", "stdin"])]
    pub test: bool,

    /// List hosts and kinds, without secrets
    #[arg(long, conflicts_with_all = ["host", "remove"])]
    pub list: bool,

    /// Remove the credentials of the host
    #[arg(long, conflicts_with = "stdin")]
    pub remove: bool,
}

fn kind(word: &str) -> Result<AuthKind, String> {
    AuthKind::ALL
        .into_iter()
        .find(|kind| kind.section() == word)
        .ok_or_else(|| {
            let words = AuthKind::ALL.map(AuthKind::section);
            format!("the kinds are {}", words.join(", "))
        })
}
