//! The fourth witness, RealtimeSanitizer: this program, compiled once more with the sanitizer in it, plays the same
//! bundle. It knows by name what the C library offers that may wait, a free lock included, which the others cannot see.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use super::super::Options;
use crate::workspace::Workspace;

/// Blocks that the sanitised program plays, at most.
const BLOCKS: u64 = 50_000;
/// How a program ends in which the sanitizer saw something.
const SEEN: i32 = 43;
/// Lines of the sanitizer's report that are passed on: what was called, and from where.
const REPORT: usize = 12;

/// Builds and plays, prints what was seen and returns what must not be.
///
/// # Errors
/// If the program does not build or play, or does not see what is planted.
pub(super) fn run(workspace: &Workspace, bundle: &Path, options: &Options) -> Result<Vec<String>> {
    let host = rustc(&["--print", "host-tuple"])?;
    if !has_runtime(&rustc(&["--print", "target-libdir"])?) {
        println!("[rt:sanitizer] skipped: this toolchain comes without RealtimeSanitizer; rustup's has it");
        return Ok(Vec::new());
    }
    let program = build(workspace, &host)?;
    let planted = output(Command::new(&program).arg("sanitised"))?;
    let seen = planted.status.code() == Some(SEEN) && report(&planted).contains("pthread_mutex_lock");
    ensure!(seen, "RealtimeSanitizer does not see a lock that was planted:\n{}", report(&planted));
    let (blocks, seed) = (options.blocks.min(BLOCKS), options.seed.to_string());
    let mut play = Command::new(&program);
    play.arg("sanitised").arg(bundle).args(["--blocks", &blocks.to_string(), "--seed", &seed]);
    let played = output(&mut play)?;
    let saw = played.status.code() == Some(SEEN);
    ensure!(saw || played.status.success(), "the sanitised program failed:\n{}", report(&played));
    println!("[rt:sanitizer] violations={} blocks={blocks}", u8::from(saw));
    Ok(if saw {
        vec![format!("sanitizer: the callback calls what may wait:\n{}", report(&played))]
    } else {
        Vec::new()
    })
}

/// Whether the compiler's libraries have the sanitizer's runtime among them.
fn has_runtime(libraries: &str) -> bool {
    fs::read_dir(libraries).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().ends_with("_rt.rtsan.a"))
    })
}

/// Compiles this program with the sanitizer, which is an unstable option of a stable compiler.
fn build(workspace: &Workspace, host: &str) -> Result<PathBuf> {
    let folder = workspace.target.join("rtsan");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "xtask", "--features", "realtime-sanitizer"]);
    // With a target given, the flags leave alone what runs during the build.
    cargo.args(["--target", host, "--target-dir"]).arg(&folder).current_dir(&workspace.root);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", "-Zsanitizer=realtime").env_remove("CARGO_ENCODED_RUSTFLAGS");
    crate::workspace::run(&mut cargo)?;
    Ok(folder.join(host).join("debug").join("xtask"))
}

fn rustc(arguments: &[&str]) -> Result<String> {
    let output = output(Command::new("rustc").args(arguments))?;
    ensure!(output.status.success(), "rustc {} failed", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn output(command: &mut Command) -> Result<Output> {
    command.output().with_context(|| format!("cannot run {}", command.get_program().to_string_lossy()))
}

/// The first lines of what a program had to complain about, and its verdict.
fn report(output: &Output) -> String {
    let (complaint, said) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    let faults = said.lines().filter(|line| line.starts_with("[rt:fault]"));
    complaint.lines().take(REPORT).chain(faults).collect::<Vec<_>>().join("\n")
}
