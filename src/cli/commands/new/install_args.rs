//! The options of `mageshift new --install`.

use crate::cli::options::command_line::CommandLine;
use crate::planner::pipeline::new::steps::Setup;
use clap::Args;
use serde::{Deserialize, Serialize};

/// Installing, and what only the user knows about the shop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[command(next_help_heading = "Installing")]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct InstallArgs {
    /// Run `composer install` once the files are written, and then, when the options below say enough, bin/magento
    /// setup:install
    ///
    /// Given again for a project that is made, it goes on where it stopped. Passwords come from MAGESHIFT_DB_PASSWORD and
    /// MAGESHIFT_ADMIN_PASSWORD, or are asked for.
    #[arg(long)]
    pub install: bool,

    /// The shop's address
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,

    /// The database server
    #[arg(long, value_name = "HOST")]
    pub db_host: Option<String>,

    /// The database
    #[arg(long, value_name = "NAME")]
    pub db_name: Option<String>,

    /// The user of the database
    #[arg(long, value_name = "NAME")]
    pub db_user: Option<String>,

    /// Where the search engine is
    #[arg(long, value_name = "HOST")]
    pub search_host: Option<String>,

    /// The name under which the administrator logs in; `admin` unless given
    #[arg(long, value_name = "NAME")]
    pub admin_user: Option<String>,

    /// The administrator's first name
    #[arg(long, value_name = "NAME")]
    pub admin_firstname: Option<String>,

    /// The administrator's last name
    #[arg(long, value_name = "NAME")]
    pub admin_lastname: Option<String>,

    /// The administrator's address
    #[arg(long, value_name = "MAIL")]
    pub admin_email: Option<String>,

    /// The shop's currency (`EUR`)
    #[arg(long, value_name = "CODE")]
    pub currency: Option<String>,

    /// The shop's time zone (`Europe/Berlin`)
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
}

impl InstallArgs {
    /// The same options on a command line.
    pub(crate) fn add_to(&self, line: CommandLine) -> CommandLine {
        line.flag("--install", self.install)
            .options("--base-url", &self.base_url)
            .options("--db-host", &self.db_host)
            .options("--db-name", &self.db_name)
            .options("--db-user", &self.db_user)
            .options("--search-host", &self.search_host)
            .options("--admin-user", &self.admin_user)
            .options("--admin-firstname", &self.admin_firstname)
            .options("--admin-lastname", &self.admin_lastname)
            .options("--admin-email", &self.admin_email)
            .options("--currency", &self.currency)
            .options("--timezone", &self.timezone)
    }

    /// Fills in what is not given.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            install: self.install || other.install,
            base_url: self.base_url.or(other.base_url),
            db_host: self.db_host.or(other.db_host),
            db_name: self.db_name.or(other.db_name),
            db_user: self.db_user.or(other.db_user),
            search_host: self.search_host.or(other.search_host),
            admin_user: self.admin_user.or(other.admin_user),
            admin_firstname: self.admin_firstname.or(other.admin_firstname),
            admin_lastname: self.admin_lastname.or(other.admin_lastname),
            admin_email: self.admin_email.or(other.admin_email),
            currency: self.currency.or(other.currency),
            timezone: self.timezone.or(other.timezone),
        }
    }

    /// The same for `setup:install`; the first language that is named becomes the shop's.
    pub(super) fn setup(&self, languages: &[String]) -> Setup {
        Setup {
            base_url: self.base_url.clone(),
            db_host: self.db_host.clone(),
            db_name: self.db_name.clone(),
            db_user: self.db_user.clone(),
            search_host: self.search_host.clone(),
            admin_user: self.admin_user.clone(),
            admin_firstname: self.admin_firstname.clone(),
            admin_lastname: self.admin_lastname.clone(),
            admin_email: self.admin_email.clone(),
            language: languages.first().map(|locale| as_locale(locale)),
            currency: self.currency.clone(),
            timezone: self.timezone.clone(),
        }
    }
}

/// `zh_hans_cn` → `zh_Hans_CN`: the language in lower case, the script capitalised, the country in upper case.
fn as_locale(name: &str) -> String {
    let parts = name
        .split('_')
        .enumerate()
        .map(|(index, part)| match (index, part.len()) {
            (0, _) => part.to_lowercase(),
            (_, 4) => {
                let mut letters = part.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first
                    .into_iter()
                    .chain(letters.map(|letter| letter.to_ascii_lowercase()))
                    .collect()
            }
            _ => part.to_uppercase(),
        });
    parts.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_written_as_php_knows_them() {
        assert_eq!(as_locale("de_DE"), "de_DE");
        assert_eq!(as_locale("zh_hans_cn"), "zh_Hans_CN");
    }
}
