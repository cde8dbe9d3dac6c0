//! What a server answered, or why it did not, in words for people.

use super::cache::Validators;
use super::patience::Waiting;
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use reqwest::header::{ETAG, HeaderMap, HeaderValue, LAST_MODIFIED};
use reqwest::{Response, StatusCode};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How large an answer may be, unpacked. The largest real ones, of private repositories that list all they have at once, are
/// some tens of megabytes.
const MAX_ANSWER: usize = 128 << 20;

/// A request that failed.
pub(crate) struct Failure {
    pub error: RepositoryError,
    /// Whether the server was not even reached, or did not answer in time.
    pub unreachable: bool,
    /// Whether it may go better soon.
    pub(super) again: bool,
    /// How long the server asks to be left alone.
    pub(super) pause: Option<Duration>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// All of it.
    Document {
        text: Arc<str>,
        /// What tells the server next time that this one is known.
        validators: Validators,
    },
    /// What is known already is still right.
    NotModified,
    /// The server has nothing under the address.
    NotFound,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { text, .. } => write!(f, "{} bytes", text.len()),
            Self::NotModified => f.write_str("not modified"),
            Self::NotFound => f.write_str("not found"),
        }
    }
}

/// That an API answers no more for a while, if its headers say so: those of GitHub, or of GitLab.
pub(super) fn used_up(headers: &HeaderMap) -> Option<String> {
    let number = |name: &str| -> Option<i64> {
        let of = |prefix: &str| headers.get(format!("{prefix}ratelimit-{name}"));
        let value = of("x-").or_else(|| of(""))?;
        value.to_str().ok()?.trim().parse().ok()
    };
    if number("remaining")? != 0 {
        return None;
    }
    let limit = number("limit").map_or(String::new(), |limit| format!(" of {limit} requests"));
    let until = number("reset").map_or(String::new(), |reset| {
        let minutes = reset.rem_euclid(86_400) / 60;
        format!(" until {:02}:{:02} UTC", minutes / 60, minutes % 60)
    });
    Some(format!(
        "answers no more{until}: its limit{limit} is used up, which is larger for who has a token"
    ))
}

/// Whether an unexpected status is worth another attempt: those that Composer tries again, and 429.
pub(super) fn is_temporary(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        423 | 425 | 429 | 500 | 502 | 503 | 504 | 507 | 510
    )
}

impl Failure {
    /// Of a server that takes too long.
    pub(super) fn silence(url: &str, message: String) -> Failure {
        let error = RepositoryError::new(ErrorKind::Network, address::masked(url), message);
        Failure {
            unreachable: true,
            ..Failure::of(error)
        }
    }

    /// One that is final.
    pub(super) fn of(error: RepositoryError) -> Failure {
        Failure {
            error,
            unreachable: false,
            again: false,
            pause: None,
        }
    }
}

/// The errors of certificates that say nothing to who meets them.
pub(super) fn in_words(cause: String) -> String {
    if cause.contains("CaUsedAsEndEntity") {
        return "its certificate is given as an authority (`config.cafile`) and as the server's own at once; \
                name the authority that has signed it, or have one sign it"
            .to_owned();
    }
    if ["UnknownIssuer", "BadSignature"]
        .iter()
        .any(|reason| cause.contains(reason))
    {
        return "its certificate is signed by nobody that is trusted here; `config.cafile` in composer.json \
                can name a further authority"
            .to_owned();
    }
    // What remains (out of date, for another name) says itself what is wrong.
    if let Some(reason) = cause.strip_prefix("invalid peer certificate: ") {
        return format!("its certificate is not accepted: {reason}");
    }
    cause
}

/// Takes in the whole body, as long as it is not too large.
pub(super) async fn document(
    mut response: Response,
    waiting: &mut Waiting<'_>,
) -> Result<Answer, (ErrorKind, String)> {
    let header = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .map(str::to_owned)
    };
    let validators = Validators {
        etag: header(ETAG),
        last_modified: header(LAST_MODIFIED),
    };
    let broken = |error: reqwest::Error| {
        (
            ErrorKind::Network,
            format!("broke off: {}", root_cause(&error.without_url())),
        )
    };
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        waiting.heard(chunk.len());
        if bytes.len() + chunk.len() > MAX_ANSWER {
            let message = format!(
                "is larger than {} MB unpacked, which no repository needs",
                MAX_ANSWER >> 20
            );
            return Err((ErrorKind::Malformed, message));
        }
        bytes.extend_from_slice(&chunk);
    }
    waiting.answered();
    let text =
        String::from_utf8(bytes).map_err(|_| (ErrorKind::Malformed, "is not UTF-8".to_owned()))?;
    Ok(Answer::Document {
        text: text.into(),
        validators,
    })
}

/// The innermost reason of an error: the outer ones say no more than that a request failed.
pub(super) fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
