//! The throwaway project of the demo: a git repository with a good and a bad release, a database, caches.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::exit::{Exit, Failure};

/// Where the engine lies in the project.
pub const ENGINE: &str = "server/services/unified-financial-engine.ts";
/// Where the routes lie in the project.
pub const ROUTES: &str = "server/routes/unified-financial-routes.ts";
/// The policy.
pub const POLICY: &str = "atomos.rbk";

/// What the seeds of this project count: the debt of all representatives.
const TOTAL_DEBT: i64 = 183_146_990;
/// Enough that a query for each of them is slow.
const REPRESENTATIVES: i64 = 1_200;
const INVOICES: i64 = 30_000;

/// Makes the project in `folder`, which must be empty, with the service at `port`.
pub fn make(folder: &Path, program: &Path, port: u16) -> Result<(), Failure> {
    for (path, text) in
        [(ENGINE, include_str!("project/engine.good.ts")), (ROUTES, include_str!("project/routes.good.ts"))]
    {
        write(folder, path, text)?;
    }
    write(folder, POLICY, &policy(program, port))?;
    write(folder, ".gitignore", ".rbk/\ncache/\nlogs/\n*.db\n*.failed\n")?;
    for number in 0..24 {
        write(
            folder,
            &format!("cache/plan-{number:02}.json"),
            &format!("{{ \"plan\": {number}, \"batched\": true }}\n"),
        )?;
    }
    write(folder, "logs/app.log", "")?;
    database(&folder.join("database.db"))
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot make the database of the demo: {error}")))?;
    history(folder).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot make the repository of the demo: {}", error.message()))
    })
}

/// What starts the service, as the policy says it.
pub fn service_argv(program: &Path, port: u16) -> Vec<String> {
    vec![program.display().to_string(), "demo-service".to_owned(), "--port".to_owned(), port.to_string()]
}

fn policy(program: &Path, port: u16) -> String {
    let argv = service_argv(program, port);
    let command = shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_default();
    include_str!("project/atomos.rbk")
        .replace("@BASE@", &format!("http://127.0.0.1:{port}"))
        .replace("@HOST@", &format!("127.0.0.1:{port}"))
        .replace("@PATTERN@", &format!("demo-service --port {port}"))
        .replace("@SERVICE@", &command.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "\\${"))
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let path: PathBuf = folder.join(path);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", path.display())))
}

fn database(path: &Path) -> rusqlite::Result<()> {
    let mut db = rusqlite::Connection::open(path)?;
    let transaction = db.transaction()?;
    transaction.execute_batch(
        "create table representatives (id integer primary key, name text, total_debt integer);
         create table invoices (id integer primary key, representative integer, amount integer);",
    )?;
    {
        let (each, rest) = (TOTAL_DEBT / REPRESENTATIVES, TOTAL_DEBT % REPRESENTATIVES);
        let mut insert = transaction.prepare("insert into representatives values (?1, ?2, ?3)")?;
        for id in 1..=REPRESENTATIVES {
            insert.execute((id, format!("representative {id}"), each + i64::from(id <= rest)))?;
        }
        let mut insert = transaction.prepare("insert into invoices values (?1, ?2, ?3)")?;
        for id in 1..=INVOICES {
            insert.execute((id, id % REPRESENTATIVES + 1, id % 977))?;
        }
    }
    transaction.commit()
}

/// Two commits: release 1.4, which is good, and release 1.5, which is slow and wrong.
fn history(folder: &Path) -> Result<(), git2::Error> {
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    let repository = git2::Repository::init_opts(folder, &options)?;
    let mut config = repository.config()?;
    config.set_str("user.name", "Demo")?;
    config.set_str("user.email", "demo@example.org")?;
    config.set_bool("core.autocrlf", false)?;
    commit(&repository, "Release 1.4: the dashboard", 3 * 86_400)?;
    for (path, text) in
        [(ENGINE, include_str!("project/engine.bad.ts")), (ROUTES, include_str!("project/routes.bad.ts"))]
    {
        fs::write(folder.join(path), text).map_err(|error| git2::Error::from_str(&error.to_string()))?;
    }
    commit(&repository, "Release 1.5: optimise the queries", 2 * 3_600)
}

fn commit(repository: &git2::Repository, message: &str, seconds_ago: i64) -> Result<(), git2::Error> {
    let mut index = repository.index()?;
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let now = jiff::Timestamp::now().as_second();
    let author = git2::Signature::new("Demo", "demo@example.org", &git2::Time::new(now - seconds_ago, 0))?;
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents)?;
    Ok(())
}
