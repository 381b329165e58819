//! `zitherctl`: trains, plays and inspects models, without a plugin host.

fn main() -> std::process::ExitCode {
    zither::cli::main()
}
