//! HTTP, as far as all repositories share it: the connections, the credentials, how many requests at once.

use super::answer::{Answer, Failure, document, in_words, is_temporary, root_cause, used_up};
use super::cache::Validators;
use super::peer::{IN_FLIGHT, Identity, Peer};
use crate::format::auth::{Credentials, Login, Target};
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use percent_encoding::percent_decode_str;
use reqwest::header::{
    CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION,
    RETRY_AFTER,
};
use reqwest::{Certificate, Client, StatusCode, Url};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Semaphore;
use tracing::debug;

/// How many requests that take a connection of their own are under way at once, to all repositories together. A repository that
/// keeps silent holds its own until its time is over, and those of others wait behind it only when there are more than this.
const IN_FLIGHT_IN_ALL: usize = 500;
/// How long to wait before each further attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];
/// How long a repository may keep silent, unless somebody says otherwise.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// How many deadlines one document may take, however steadily it arrives.
const PER_DOCUMENT: u32 = 10;
/// How long a server may ask to be left alone (`Retry-After`) for the request to be worth repeating.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How many redirects are followed, as in Composer.
const REDIRECTS: usize = 20;
/// Servers that speak to Composer 1 and 2 differently tell them apart by the name of the client, so it begins as Composer's.
const SPEAKS_LIKE: &str = "Composer/2.9.0";

/// How far fetching is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The host of the document that was just asked for or answered.
    pub host: String,
    /// Whether it was answered, or given up.
    pub is_answer: bool,
    /// Documents asked for so far.
    pub requested: u64,
    /// Those that have been answered, or given up.
    pub finished: u64,
    /// Bytes received, unpacked.
    pub bytes: u64,
}

/// Called whenever a document is asked for or answered, from any thread.
pub type OnProgress = dyn Fn(Progress) + Send + Sync;

/// What the network needs to know.
pub(crate) struct Settings {
    pub credentials: Credentials,
    /// Whether `http` is refused (`config.secure-http`).
    pub secure_http: bool,
    /// Further certificates to trust, in PEM (`config.cafile`).
    pub certificates: Option<Vec<u8>>,
    /// How long a repository may keep silent.
    pub deadline: Duration,
    /// Who asks.
    pub agent: String,
    pub on_progress: Option<Arc<OnProgress>>,
}

/// Everything that requests share.
pub(crate) struct Network {
    /// Where requests run. Whoever keeps the network keeps its [`Background`], too, but not the other way round: a request
    /// must not be the one that ends the threads it runs on.
    pub handle: Handle,
    client: Client,
    /// Room for requests to all repositories that take a connection of their own.
    permits: Semaphore,
    settings: Settings,
    requested: AtomicU64,
    finished: AtomicU64,
    bytes: AtomicU64,
}

/// The threads on which requests run. They end with it, and so do the requests.
pub(crate) struct Background(Option<Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// How many connections are held at once: fewer where the system lets a program open few files.
fn connections() -> usize {
    #[cfg(unix)]
    {
        let open = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let half = open.map_or(IN_FLIGHT_IN_ALL as u64, |open| open / 2);
        usize::try_from(half)
            .unwrap_or(IN_FLIGHT_IN_ALL)
            .clamp(IN_FLIGHT, IN_FLIGHT_IN_ALL)
    }
    #[cfg(not(unix))]
    IN_FLIGHT_IN_ALL
}

impl Network {
    /// Starts the threads for requests.
    pub(crate) fn start(settings: Settings) -> Result<(Arc<Network>, Background), RepositoryError> {
        let failed = |what: &str, error: &dyn Error| {
            RepositoryError::new(ErrorKind::Configuration, what, root_cause(error))
        };
        // Whoever has chosen another one before keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .user_agent(format!("{SPEAKS_LIKE} ({})", settings.agent))
            .connect_timeout(Duration::from_secs(10))
            // Redirects are followed here, so that every step is authorised anew.
            .redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = &settings.certificates {
            let certificates =
                Certificate::from_pem_bundle(pem).map_err(|error| failed("cafile", &error))?;
            client = client.tls_certs_merge(certificates);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| failed("network", &error))?;
        let network = Network {
            handle: runtime.handle().clone(),
            client: client.build().map_err(|error| failed("network", &error))?,
            permits: Semaphore::new(connections()),
            settings,
            requested: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        };
        Ok((Arc::new(network), Background(Some(runtime))))
    }

    /// Fetches the document at `url`, unless it is still what `known` says. Tries again when the server or the way to it
    /// fails, as long as there is patience with the repository. Once that is down it is not asked any more.
    pub(crate) async fn get(
        &self,
        url: &str,
        peer: &Peer,
        known: Option<&Validators>,
    ) -> Result<Answer, Failure> {
        self.ask(url, peer, known, None).await
    }

    /// Sends a form to `url`, likewise.
    pub(crate) async fn post(
        &self,
        url: &str,
        peer: &Peer,
        form: String,
    ) -> Result<Answer, Failure> {
        self.ask(url, peer, None, Some(form)).await
    }

    async fn ask(
        &self,
        url: &str,
        peer: &Peer,
        known: Option<&Validators>,
        form: Option<String>,
    ) -> Result<Answer, Failure> {
        self.requested.fetch_add(1, Relaxed);
        self.report(url, false);
        // The semaphores are never closed; if they were, requests would merely not be limited.
        let _permit = tokio::select! {
            biased;
            permit = peer.streams.acquire() => (permit, None),
            permits = async {
                let of_peer = peer.permits.acquire().await;
                (of_peer, Some(self.permits.acquire().await))
            } => permits,
        };
        let attempts = async {
            let mut pauses = PAUSES.iter();
            loop {
                if let Some(error) = peer.down.get() {
                    break Err(Failure::of(error.clone()));
                }
                let answer = self.attempt(url, peer, known, form.as_deref()).await;
                match (answer, pauses.next()) {
                    (
                        Err(Failure {
                            again: true, pause, ..
                        }),
                        Some(usual),
                    ) => tokio::time::sleep(pause.unwrap_or(*usual)).await,
                    (answer, _) => break answer,
                }
            }
        };
        let begun = Instant::now();
        let longest = self.settings.deadline.saturating_mul(PER_DOCUMENT);
        let answer = tokio::select! {
            biased;
            answer = attempts => answer,
            message = peer.patience.end() => Err(Failure::silence(url, message)),
            () = tokio::time::sleep(longest) => {
                let message = format!("was not complete within {} seconds", longest.as_secs());
                Err(Failure::silence(url, message))
            }
        };
        if let Ok(Answer::Document { text, .. }) = &answer {
            self.bytes.fetch_add(text.len() as u64, Relaxed);
        }
        self.finished.fetch_add(1, Relaxed);
        self.report(url, true);
        match &answer {
            Ok(answer) => {
                debug!(url = %address::masked(url), %answer, took = ?begun.elapsed(), "answered");
            }
            Err(Failure { error, .. }) => {
                debug!(url = %error.url, error = %error.message, took = ?begun.elapsed(), "failed");
            }
        }
        answer
    }

    fn report(&self, url: &str, is_answer: bool) {
        if let Some(on_progress) = &self.settings.on_progress {
            let [requested, finished, bytes] =
                [&self.requested, &self.finished, &self.bytes].map(|count| count.load(Relaxed));
            on_progress(Progress {
                host: address::host(url).unwrap_or_default(),
                is_answer,
                requested,
                finished,
                bytes,
            });
        }
    }

    async fn attempt(
        &self,
        url: &str,
        peer: &Peer,
        known: Option<&Validators>,
        form: Option<&str>,
    ) -> Result<Answer, Failure> {
        let mut waiting = peer.patience.wait();
        let shown = address::masked(url);
        let fail = |kind, message: String| Failure::of(RepositoryError::new(kind, &shown, message));
        let mut url = Url::parse(url).map_err(|error| {
            fail(
                ErrorKind::Configuration,
                format!("is not an address: {error}"),
            )
        })?;
        let mut was_encrypted = false;
        for _ in 0..=REDIRECTS {
            self.check_scheme(&url)
                .map_err(|message| fail(ErrorKind::Configuration, message))?;
            was_encrypted |= url.scheme() == "https";
            // Whoever can be sent from https to http by a redirect can be made to send a password in clear.
            let is_downgraded = was_encrypted && url.scheme() != "https";
            let headers = self.headers(&url, &peer.identity, known, !is_downgraded);
            // Credentials left in an address would be sent, whatever the rules say.
            let (_, _) = (url.set_username(""), url.set_password(None));
            let request = match form {
                Some(form) => self
                    .client
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form.to_owned()),
                None => self.client.get(url.clone()),
            };
            let response = request.headers(headers).send().await;
            let response = response.map_err(|error| {
                let cause = in_words(root_cause(&error.without_url()));
                let message = format!("cannot be reached: {cause}");
                Failure {
                    unreachable: true,
                    again: true,
                    ..fail(ErrorKind::Network, message)
                }
            })?;
            waiting.answered();
            peer.note_protocol(response.version());
            let status = response.status();
            match status {
                StatusCode::OK => {
                    let failed = |(kind, message)| Failure {
                        again: kind == ErrorKind::Network,
                        ..fail(kind, message)
                    };
                    return document(response, &mut waiting).await.map_err(failed);
                }
                StatusCode::NOT_MODIFIED if known.is_some() => return Ok(Answer::NotModified),
                StatusCode::NOT_FOUND => return Ok(Answer::NotFound),
                StatusCode::UNAUTHORIZED => {
                    return Err(fail(
                        ErrorKind::Unauthorized,
                        "asks for credentials (HTTP 401)".to_owned(),
                    ));
                }
                StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
                    if let Some(message) = used_up(response.headers()) =>
                {
                    return Err(fail(ErrorKind::Network, message));
                }
                // A limit for who asks too much at a time has no numbers; 429 is tried again further down.
                StatusCode::FORBIDDEN if response.headers().contains_key(RETRY_AFTER) => {
                    let message = "answers no more for a while: it was asked too much at a time";
                    return Err(fail(ErrorKind::Network, message.to_owned()));
                }
                StatusCode::FORBIDDEN => {
                    return Err(fail(
                        ErrorKind::Forbidden,
                        "denies access (HTTP 403)".to_owned(),
                    ));
                }
                _ if status.is_redirection() => {
                    let location = response
                        .headers()
                        .get(LOCATION)
                        .and_then(|location| location.to_str().ok());
                    let target = location.and_then(|location| url.join(location).ok());
                    url = target.ok_or_else(|| {
                        fail(ErrorKind::Network, "redirects to nowhere".to_owned())
                    })?;
                }
                _ => {
                    let failure = fail(
                        ErrorKind::Network,
                        format!("answered HTTP {}", status.as_u16()),
                    );
                    let pause = response
                        .headers()
                        .get(RETRY_AFTER)
                        .and_then(|value| value.to_str().ok()?.trim().parse().ok())
                        .map(Duration::from_secs);
                    return Err(Failure {
                        again: is_temporary(status)
                            && pause.is_none_or(|pause| pause <= LONGEST_PAUSE),
                        pause,
                        ..failure
                    });
                }
            }
        }
        Err(fail(ErrorKind::Network, "redirects in a circle".to_owned()))
    }

    fn check_scheme(&self, url: &Url) -> Result<(), String> {
        match url.scheme() {
            "https" => Ok(()),
            "http" if !self.settings.secure_http => Ok(()),
            "http" => Err(
                "may not be asked without encryption while `config.secure-http` is on".to_owned(),
            ),
            scheme => Err(format!("cannot be asked over `{scheme}`")),
        }
    }

    /// The headers of a request to `url`. What was given for one host goes to no other one.
    /// None are given at all where they must not be.
    fn headers(
        &self,
        url: &Url,
        identity: &Identity,
        known: Option<&Validators>,
        may_authorize: bool,
    ) -> HeaderMap {
        let host = url.host_str().unwrap_or_default();
        let is_home = identity
            .origin
            .as_ref()
            .is_some_and(|(scheme, home, port)| {
                // From http to https on the same host is a way up.
                let is_upgrade = scheme == "http" && url.scheme() == "https";
                home == host && (scheme == url.scheme() || is_upgrade) && *port == url.port()
            });
        let own = login(url);
        let login = own.as_ref().or(identity.login.as_ref().filter(|_| is_home));
        let target = Target {
            host,
            port: url.port(),
            path: url.path(),
        };
        let mut lines = Vec::new();
        if may_authorize {
            lines = self.settings.credentials.headers(target, login);
            if !is_home && !lines.is_empty() {
                identity.known_elsewhere.store(true, Relaxed);
            }
            if is_home {
                lines.extend(identity.headers.iter().cloned());
            }
        }
        let mut headers = HeaderMap::new();
        for line in lines {
            // A header that HTTP does not allow is not sent; the server will say what it misses.
            if let (Ok(name), Ok(mut value)) = (
                HeaderName::try_from(&line.name),
                HeaderValue::from_str(line.value.expose()),
            ) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        let conditions = [
            (IF_NONE_MATCH, known.and_then(|known| known.etag.as_ref())),
            (
                IF_MODIFIED_SINCE,
                known.and_then(|known| known.last_modified.as_ref()),
            ),
        ];
        for (name, value) in conditions {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// User and password in an address.
pub(crate) fn login(url: &Url) -> Option<Login> {
    let decode = |text| percent_decode_str(text).decode_utf8_lossy();
    let has_login = !url.username().is_empty() || url.password().is_some();
    has_login.then(|| {
        Login::new(
            &decode(url.username()),
            &decode(url.password().unwrap_or_default()),
        )
    })
}
