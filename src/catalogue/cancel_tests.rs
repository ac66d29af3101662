//! Tokens: what wakes a poll loop.

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Cancel, Urgency};

fn readable(cancel: &Cancel) -> bool {
    let fd = cancel.kill_fd().expect("a descriptor");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
}

#[test]
fn a_kill_makes_the_descriptor_readable_for_every_clone() {
    let cancel = Cancel::new();
    let part = cancel.within(std::time::Duration::from_mins(1));
    assert!(!readable(&part));
    cancel.raise(Urgency::Drain);
    assert!(!readable(&part), "a drain lets children finish");
    cancel.raise(Urgency::Kill);
    assert!(readable(&part));
    assert!(readable(&cancel), "it stays readable: looking does not take the kill away");
}

#[test]
fn a_descriptor_made_after_the_kill_is_readable() {
    let cancel = Cancel::new();
    cancel.raise(Urgency::Kill);
    assert!(readable(&cancel));
}
