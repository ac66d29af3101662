//! `wait`, `wait_until`, `manual`, `elapsed`, `tcp.open`, `system.*`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rbk::catalogue::cancel::{Cancel, Urgency};
use rbk::catalogue::error::{Error, ErrorKind, Result};
use rbk::catalogue::person::{Answer, Person};
use rbk::catalogue::value::Value;

use super::world::{World, action, amount, field, lazy, millis, probe, said, text};

#[test]
fn waiting_takes_its_time_and_ends_with_the_run() {
    let mut world = World::new();
    let started = Instant::now();
    world.run("wait", &[("length", millis(60))]).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(60));

    let cancel = Cancel::new();
    world.look = world.look.with_cancel(cancel.clone());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| world.run("wait", &[("length", millis(300_000))]));
        cancel.raise(Urgency::Kill);
        assert_eq!(waiting.join().unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    });
}

#[test]
fn it_is_asked_until_it_is_true_and_failures_count_as_not_yet() {
    let world = World::new();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let condition = lazy(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Err(Error::failed("nobody listens yet")),
        1 => Ok(Value::None),
        2 => Ok(Value::Bool(false)),
        _ => Ok(Value::Bool(true)),
    });
    world.run("wait_until", &[("condition", condition), ("every", millis(1))]).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[test]
fn what_never_comes_true_ends_with_its_last_answer() {
    let world = World::new();
    let given = |condition| [("condition", condition), ("within", millis(50)), ("every", millis(10))];
    let error = world.run("wait_until", &given(lazy(|_| Ok(Value::Bool(false))))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.what.contains("still false"), "{}", error.what);
    let error = world.run("wait_until", &given(lazy(|_| Err(Error::failed("nobody listens on x:1"))))).unwrap_err();
    assert!(error.what.contains("nobody listens on x:1"), "{}", error.what);
}

#[test]
fn a_probe_that_hangs_is_cut_off_by_within() {
    let world = World::new();
    let hangs = lazy(|look| look.cancel().sleep(Duration::from_mins(5)).map(|()| Value::Bool(true)));
    let error = world.run("wait_until", &[("condition", hangs), ("within", millis(80))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
}

#[test]
fn a_plan_says_whether_it_holds_now() {
    let world = World::new();
    let preview =
        world.preview("wait_until", &[("condition", lazy(|_| Ok(Value::Bool(false)))), ("within", millis(5000))]);
    let preview = preview.unwrap();
    assert_eq!(
        (preview.summary.as_str(), preview.notes),
        ("wait for at most 5s until it holds", vec!["it does not hold now".to_owned()])
    );
}

const DNS: &str = "In the DNS console, point www at 10.0.0.7";

#[test]
fn without_a_terminal_a_manual_step_waits_for_a_person() {
    let world = World::new();
    let error = world.run("manual", &[("instruction", text(DNS)), ("within", millis(300_000))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::WaitsForPerson);
    assert!(error.what.contains(DNS) && said(&error).contains("done:"), "{}", said(&error));
}

#[test]
fn a_manual_step_that_the_world_shows_needs_no_terminal() {
    let world = World::new();
    let condition = lazy(|look| Ok(Value::Bool(look.root().join("done").exists())));
    let given = [("instruction", text(DNS)), ("done", condition), ("within", millis(20_000))];
    std::thread::scope(|scope| {
        let person = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            world.write("done", "");
        });
        world.run("manual", &given).unwrap();
        person.join().unwrap();
    });
    let preview = world.preview("manual", &given).unwrap();
    assert!(preview.notes.contains(&"the world shows it as done already".to_owned()), "{:?}", preview.notes);
}

#[test]
fn a_manual_step_that_nobody_does_times_out_with_its_instruction() {
    let world = World::new();
    let given = [("instruction", text(DNS)), ("done", lazy(|_| Ok(Value::Bool(false)))), ("within", millis(50))];
    let error = world.run("manual", &given).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.what.contains(DNS), "{}", error.what);
}

struct Says(Answer);

impl Person for Says {
    fn ask(&self, instruction: &str, _cancel: &Cancel) -> Result<Answer> {
        assert_eq!(instruction, DNS);
        Ok(self.0)
    }
    fn agrees(&self, _question: &str, _cancel: &Cancel) -> Result<bool> {
        unreachable!("`manual` asks whether it was done")
    }
    fn tell(&self, _instruction: &str) {}
}

#[test]
fn the_person_at_the_terminal_decides() {
    let mut world = World::new();
    world.look = world.look.with_person(Arc::new(Says(Answer::Done)));
    world.run("manual", &[("instruction", text(DNS))]).unwrap();
    world.look = world.look.with_person(Arc::new(Says(Answer::Not)));
    let error = world.run("manual", &[("instruction", text(DNS))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
}

#[test]
fn waits_are_gates_and_commands_are_not() {
    for name in ["wait", "wait_until", "manual"] {
        assert!(action(name).signature().gate, "{name}");
    }
    for name in ["exec", "sh", "process.start", "process.stop"] {
        assert!(!action(name).signature().gate, "{name}");
    }
}

#[test]
fn elapsed_times_a_probe_and_fails_with_it() {
    let world = World::new();
    let slow = lazy(|look| look.cancel().sleep(Duration::from_millis(40)).map(|()| Value::None));
    let took = world.ask("elapsed", &[("probe", slow)]).unwrap();
    assert!((40e6..20e9).contains(&amount(&took)), "{took}");
    world.ask("elapsed", &[("probe", lazy(|_| Err(Error::failed("dead"))))]).unwrap_err();
}

#[test]
fn an_open_port_is_told_from_a_closed_one() {
    let world = World::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert_eq!(world.ask("tcp.open", &[("address", text(&address))]).unwrap(), Value::Bool(true));
    let by_name = address.replace("127.0.0.1", "localhost");
    assert_eq!(world.ask("tcp.open", &[("address", text(&by_name))]).unwrap(), Value::Bool(true));
    drop(listener);
    assert_eq!(world.ask("tcp.open", &[("address", text(&address))]).unwrap(), Value::Bool(false));
}

#[test]
fn an_address_that_is_none_is_an_error_not_a_closed_port() {
    let world = World::new();
    for wrong in
        ["localhost", "localhost:", "localhost:0", "localhost:99999", ":80", "http://localhost:80", "::1:80", "[::1:80"]
    {
        let error = world.ask("tcp.open", &[("address", text(wrong))]).unwrap_err();
        assert!(said(&error).contains("localhost:5000"), "{wrong}: {}", said(&error));
    }
}

#[test]
fn the_machine_has_memory_disk_load_and_processors() {
    let world = World::new();
    for (name, least) in [("system.memory", 64e6), ("system.disk", 1e6)] {
        let space = world.ask(name, &[]).unwrap();
        let [total, used, available] = ["total", "used", "available"].map(|part| amount(&field(&space, part)));
        assert!(total > least && (used + available - total).abs() < 1.0, "{name}: {space}");
        assert!((0.0..=100.0).contains(&amount(&field(&space, "percent"))), "{name}: {space}");
    }
    assert!((0.0..=100.0).contains(&amount(&world.ask("system.cpu", &[]).unwrap())));
    assert!(matches!(field(&world.ask("system.load", &[]).unwrap(), "one"), Value::Float(load) if load >= 0.0));
    let error = world.ask("system.disk", &[("path", text("no/such"))]).unwrap_err();
    assert!(error.what.contains("`no/such`"), "{}", error.what);
}

#[test]
fn probes_of_the_outside_read_the_world() {
    for name in ["http.get", "http.head", "tcp.open", "process.running", "process.rss", "system.disk", "exec", "sh"] {
        let probe = probe(name);
        let effects = probe.effects(&super::world::args(probe.signature(), &[]), None);
        assert_eq!(effects, rbk::catalogue::effect::Effects::reads_world(), "{name}");
    }
}
