//! Arguments to verb to exit code; everything else is in the library.

fn main() -> std::process::ExitCode {
    rbk::cli::main()
}
