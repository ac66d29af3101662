//! The HTTP client: connections, redirects and the limit of a body.
//!
//! Every request has a connection of its own. A kept one could still lead to the process that a rollback has just
//! replaced, and its answer would be taken for the new one's. Proxies are never taken from the environment: what a
//! policy verifies must not depend on who runs it.

use std::sync::OnceLock;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method};
use url::Url;

use super::request::Request;
use super::{failure, shown};
use crate::catalogue::error::{Error, Result};

/// A body beyond this is refused: nobody compares so much, and the run must stay small.
pub(super) const BODY: usize = 16 << 20;

const REDIRECTS: usize = 10;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// Why a request has no answer.
pub(super) struct Failed {
    pub(super) error: Error,
    /// Whether the server may have received it.
    pub(super) arrived: bool,
}

/// Sends a request that may change something: never twice to a server that took it. It goes on only where the server
/// says with 307 or 308 that it wants the same request at another path of its own; any other redirect is the answer.
pub(super) async fn send(request: &Request) -> Result<Answer, Failed> {
    let mut url = request.url.clone();
    let unsent = |error| Failed { error, arrived: false };
    for _ in 0..=REDIRECTS {
        let mut sending = client(&url).map_err(unsent)?.request(request.method.clone(), url.clone());
        sending = sending.headers(request.headers.clone());
        if let Some(body) = &request.body {
            sending = sending.body(body.clone());
        }
        let response = sending.send().await.map_err(|error| Failed {
            arrived: !error.is_connect() && !error.is_builder(),
            error: failure::explain(&url, &error),
        })?;
        let same = matches!(response.status().as_u16(), 307 | 308);
        let next = if same { redirect(&url, &response).map_err(unsent)? } else { None };
        match next.filter(|next| next.origin() == url.origin()) {
            Some(next) => url = next,
            None => return read(&url, response).await.map_err(|error| Failed { error, arrived: true }),
        }
    }
    Err(unsent(circle(&url)))
}

fn circle(url: &Url) -> Error {
    Error::failed(format!("{} redirects more than {REDIRECTS} times", shown(url)))
        .hint("it probably redirects in a circle")
}

/// Asks, follows redirects, and reads the body.
pub(super) async fn ask(method: Method, mut url: Url, mut headers: HeaderMap) -> Result<Answer> {
    for _ in 0..=REDIRECTS {
        let request = client(&url)?.request(method.clone(), url.clone()).headers(headers.clone());
        let response = request.send().await.map_err(|error| failure::explain(&url, &error))?;
        let Some(next) = redirect(&url, &response)? else { return read(&url, response).await };
        if next.origin() != url.origin() {
            // Meant for the first server only.
            headers = headers.into_iter().filter_map(plain).collect();
        }
        url = next;
    }
    Err(circle(&url))
}

/// A header that may reach any server.
fn plain((name, value): (Option<HeaderName>, HeaderValue)) -> Option<(HeaderName, HeaderValue)> {
    // Every name is given once: a map has no entry twice.
    name.filter(|_| !value.is_sensitive()).map(|name| (name, value))
}

fn redirect(url: &Url, response: &reqwest::Response) -> Result<Option<Url>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
    let next = std::str::from_utf8(location.as_bytes()).ok().and_then(|text| url.join(text).ok());
    match next.filter(|next| matches!(next.scheme(), "http" | "https")) {
        Some(next) => Ok(Some(next)),
        None => Err(Error::failed(format!("{} redirects to what is not an address", shown(url)))),
    }
}

async fn read(url: &Url, mut response: reqwest::Response) -> Result<Answer> {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| failure::explain(url, &error))? {
        if body.len() + piece.len() > BODY {
            return Err(Error::failed(format!("the answer of {} is larger than {} MiB", shown(url), BODY >> 20))
                .hint("`http.head` asks without the body"));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status, headers, body })
}

/// The client for a scheme. The one for plain HTTP has no certificates, so that it works, and starts at once, on a
/// machine that has none installed.
fn client(url: &Url) -> Result<&'static Client> {
    static PLAIN: OnceLock<Client> = OnceLock::new();
    static TLS: OnceLock<Client> = OnceLock::new();
    let secure = url.scheme() == "https";
    let cell = if secure { &TLS } else { &PLAIN };
    if let Some(client) = cell.get() {
        return Ok(client);
    }
    // Fails when there is a provider already, which does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = settings(Client::builder());
    let builder = if secure { builder } else { builder.tls_certs_only([]) };
    let made = builder.build().map_err(|error| {
        Error::failed(format!("cannot prepare for {}: {}", shown(url), failure::root_cause(&error)))
            .hint("`https` needs the certificates of the system: install the package `ca-certificates`")
    })?;
    Ok(cell.get_or_init(|| made))
}

fn settings(builder: ClientBuilder) -> ClientBuilder {
    builder
        .user_agent(concat!("rbk/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
}
