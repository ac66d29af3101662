//! The service of the demo project: really serves what the checked-out files say, from a real database.
//!
//! It reads the files once, when it starts, as most services do; so a rollback has to restart it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use clap::Args;
use serde_json::{Value, json};

use super::project::{ENGINE, ROUTES};
use crate::cli::exit::{Done, Exit, Failure};

/// Ends by itself when nobody asked for this long, so that a forgotten demo leaves nothing behind.
const IDLE: Duration = Duration::from_secs(30 * 60);

// `rbk demo-service`
#[derive(Debug, Args)]
pub struct DemoService {
    /// The port on the loopback address
    #[arg(long)]
    port: u16,
}

struct Service {
    folder: PathBuf,
    engine: HashMap<String, String>,
    routes: HashMap<String, String>,
    started: Instant,
    asked: AtomicU64,
}

impl DemoService {
    pub fn run(self) -> Done {
        let folder =
            std::env::current_dir().map_err(|error| Failure::wrong(format!("cannot tell this folder: {error}")))?;
        let service = Arc::new(Service {
            engine: constants(&read(&folder.join(ENGINE))?),
            routes: entries(&read(&folder.join(ROUTES))?),
            folder,
            started: Instant::now(),
            asked: AtomicU64::new(0),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot start: {error}")))?;
        runtime
            .block_on(serve(service, self.port))
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot serve on port {}: {error}", self.port)))?;
        Ok(Exit::Done)
    }
}

async fn serve(service: Arc<Service>, port: u16) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("release {} serves on port {port}", service.engine.get("release").map_or("?", String::as_str));
    let idle = idle(Arc::clone(&service));
    let app = Router::new().fallback(answer).with_state(service);
    axum::serve(listener, app).with_graceful_shutdown(idle).await
}

async fn idle(service: Arc<Service>) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let quiet = service.started.elapsed().as_secs() - service.asked.load(Ordering::Relaxed);
        if quiet > IDLE.as_secs() || !service.folder.join(ENGINE).exists() {
            return;
        }
    }
}

async fn answer(State(service): State<Arc<Service>>, uri: Uri) -> Response {
    service.asked.store(service.started.elapsed().as_secs(), Ordering::Relaxed);
    let Some(query) = service.routes.get(uri.path()).cloned() else {
        return (StatusCode::NOT_FOUND, "no such route\n").into_response();
    };
    let result = tokio::task::spawn_blocking(move || service.evaluate(&query)).await;
    let (status, body) = match result {
        Ok(Ok(body)) => (StatusCode::OK, body),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": error.to_string() })),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": error.to_string() })),
    };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

impl Service {
    fn evaluate(&self, name: &str) -> rusqlite::Result<Value> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = rusqlite::Connection::open_with_flags(self.folder.join("database.db"), flags)?;
        let scalar = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
        let query = |name: &str| self.engine.get(name).map_or("select 0", String::as_str);
        if name == "totalDebt" {
            let expected = scalar("select sum(total_debt) from representatives")?;
            let total = scalar(query("totalDebt"))?;
            return Ok(json!({ "isConsistent": total == expected, "total": total, "expected": expected }));
        }
        let representatives = scalar(query("dashboard"))?;
        if let Some(sql) = self.engine.get("perRepresentative") {
            let mut statement = db.prepare(sql)?;
            for id in 1..=representatives {
                let _: Option<i64> = statement.query_row([id], |row| row.get(0))?;
            }
        }
        Ok(json!({ "release": self.engine.get("release"), "representatives": representatives }))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot read `{}`: {error}", path.display())))
}

/// `export const NAME = "VALUE";`
fn constants(text: &str) -> HashMap<String, String> {
    pairs(text.lines().filter_map(|line| line.strip_prefix("export const ")?.split_once(" = ")))
}

/// `"PATH": "NAME",`
fn entries(text: &str) -> HashMap<String, String> {
    pairs(text.lines().filter_map(|line| line.split_once(": ")))
}

fn pairs<'a>(found: impl Iterator<Item = (&'a str, &'a str)>) -> HashMap<String, String> {
    let bare = |text: &str| text.trim().trim_end_matches([';', ',']).trim_matches('"').to_owned();
    found.map(|(name, value)| (bare(name), bare(value))).collect()
}
