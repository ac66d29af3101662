//! The least that a program with clap does: what `rbk --version` is compared with.

use clap::Parser;

/// Says hello.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Whom to greet.
    #[arg(default_value = "world")]
    name: String,
}

fn main() {
    println!("hello, {}", Arguments::parse().name);
}
