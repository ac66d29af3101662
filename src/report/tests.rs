use indicatif::ProgressDrawTarget;

use super::ending::Ending;
use super::json::Json;
use super::lines::Lines;
use super::terminal::Terminal;
use super::{Reporter, list};
use crate::catalogue::error::Error;
use crate::plan::model::Target;
use crate::run::event::{Event, NodeInfo, NodeOutcome, Outcome, Record, RunKind, Stream};
use crate::store::lock::Holder;
use crate::store::{RunNo, RunRow};

fn records() -> Vec<Record> {
    let target = Target {
        environment: Some("production".into()),
        says: Vec::new(),
        root: "/srv/app".into(),
        host: "web1".into(),
        user: "deploy".into(),
        operator: Some("ana".into()),
    };
    let info =
        |key: &str| NodeInfo { key: key.into(), title: None, kind: "step".into(), after: Vec::new(), critical: true };
    let events = vec![
        Event::RunStarted {
            kind: RunKind::Run,
            policy: "atomos".into(),
            phases: vec!["query_engine".into()],
            target,
            nodes: vec![info("revert"), info("restart")],
            of: None,
        },
        Event::NodeStarted { node: "revert".into(), attempt: 1 },
        Event::Output { node: "revert".into(), stream: Stream::Stdout, text: "one\n\u{1b}[2Jtwo\n".into(), dropped: 0 },
        Event::NodeEnded { node: "revert".into(), outcome: NodeOutcome::Done, error: None, millis: 1200 },
        Event::NodeEnded {
            node: "restart".into(),
            outcome: NodeOutcome::Failed,
            error: Some(Error::failed("exit 1").hint("read the log")),
            millis: 30,
        },
        Event::RunEnded {
            outcome: Outcome::Failed,
            millis: 1300,
            summary: "failed".into(),
            next: Some("`rbk show r1`".into()),
        },
    ];
    let record = |(index, event)| Record {
        run: "r1".into(),
        seq: index as u64 + 1,
        time: "2026-01-02T03:04:05Z".parse().unwrap(),
        event,
    };
    events.into_iter().enumerate().map(record).collect()
}

#[test]
fn plain_lines_say_who_what_and_what_next() {
    let mut text = Vec::new();
    let mut lines = Lines::new(&mut text).verbose(true);
    records().iter().for_each(|record| lines.record(record));
    let mut ending = Ending::new(&mut text);
    records().iter().for_each(|record| ending.record(record));
    let text = String::from_utf8(text).unwrap();
    insta::assert_snapshot!(text, @r"
    run r1: atomos › query_engine
      environment production · /srv/app on web1 as deploy · operator ana (unverified) · 2 nodes
    · revert …
      revert out| one
      revert out| \x1b[2Jtwo
    ✓ revert done 1.2s
    ✗ restart failed 30ms
        exit 1
        → read the log
    ✗ run r1 failed in 1.3s: failed
    next: `rbk show r1`
    ");
}

#[test]
fn json_is_one_document_a_line_that_reads_back() {
    let mut text = Vec::new();
    let mut json = Json::new(&mut text);
    records().iter().for_each(|record| json.record(record));
    let text = String::from_utf8(text).unwrap();
    let read: Vec<Record> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, records());
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["type"], &first["run"], &first["time"]),
        (&"run_started".into(), &"r1".into(), &"2026-01-02T03:04:05Z".into())
    );
}

#[test]
fn a_broken_pipe_is_nobodys_failure() {
    struct Broken;
    impl std::io::Write for Broken {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
    }
    let reporters: [Box<dyn Reporter>; 2] = [Box::new(Lines::new(Broken)), Box::new(Json::new(Broken))];
    for mut reporter in reporters {
        records().iter().for_each(|record| reporter.record(record));
        reporter.end();
    }
}

#[test]
fn the_live_view_takes_all_records_and_ticks() {
    let mut terminal = Terminal::on(ProgressDrawTarget::hidden(), true, true);
    for record in records() {
        terminal.record(&record);
        terminal.tick();
    }
    terminal.end();
}

#[test]
fn a_run_without_an_end_is_running_only_while_it_holds_the_lock() {
    let run = RunRow {
        no: RunNo(1),
        id: "r1".into(),
        kind: "run".into(),
        policy: "atomos".into(),
        of: None,
        started: "2026-01-02T03:04:05Z".parse().unwrap(),
        ended: None,
        outcome: None,
    };
    let holder = Holder { pid: 1, run: "r1".into() };
    assert_eq!(list::standing(&run, Some(&holder)), "running");
    assert_eq!(list::standing(&run, None), "interrupted");
    assert!(list::text(&[run], None).starts_with("r1  2026-01-02 03:04:05Z  interrupted  atomos"));
    assert!(list::text(&[], None).contains("no runs yet"));
}
