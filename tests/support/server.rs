//! A live HTTP server on loopback, for probes to ask. Each test starts its own; it ends with the test.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// What a path answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    status: u16,
    body: String,
    after: Duration,
}

#[derive(Default)]
struct Shared {
    answers: BTreeMap<String, Answer>,
    asked: Vec<String>,
}

/// A server on a port of its own.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    /// Ends the server when dropped.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Server {
    /// Starts on a free port; every path answers 404.
    pub fn start() -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a socket can be made non-blocking");
        let address = listener.local_addr().expect("a bound socket has an address");
        let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = {
            let _guard = runtime.enter();
            tokio::net::TcpListener::from_std(listener).expect("a socket can be handed over")
        };
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { address, shared, runtime: Some(runtime) }
    }

    /// Answers `path` with `status` and `body`.
    pub fn on(self, path: &str, status: u16, body: &str) -> Self {
        self.set(path, status, body, Duration::ZERO);
        self
    }

    /// Answers `path` with `status` and `body`, `after` a while.
    pub fn set(&self, path: &str, status: u16, body: &str, after: Duration) {
        let answer = Answer { status, body: body.to_owned(), after };
        self.shared.lock().expect("nothing panics while it holds this").answers.insert(path.to_owned(), answer);
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked, in order: `GET /api`.
    pub fn asked(&self) -> Vec<String> {
        self.shared.lock().expect("nothing panics while it holds this").asked.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let answer = {
        let mut shared = shared.lock().expect("nothing panics while it holds this");
        shared.asked.push(format!("{} {path}", request.method()));
        shared.answers.get(&path).cloned()
    };
    let Some(answer) = answer else { return StatusCode::NOT_FOUND.into_response() };
    tokio::time::sleep(answer.after).await;
    let kind = if answer.body.starts_with(['{', '[']) { "application/json" } else { "text/plain; charset=utf-8" };
    let status = StatusCode::from_u16(answer.status).expect("the test gives a status");
    (status, [("content-type", kind)], answer.body).into_response()
}

/// A port on loopback that nobody serves: it was free a moment ago.
pub fn closed_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A socket that accepts connections and never says a word, as long as it lives.
pub fn silent() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port")
}
