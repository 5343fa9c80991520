//! Writes the corpus to files, for fuzzers that take folders: `cargo run -p cql-fuzz --bin corpus -- FOLDER`.

use cql_fuzz::{TARGETS, corpus};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: corpus FOLDER");
        return ExitCode::FAILURE;
    };
    match write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &std::path::Path) -> std::io::Result<()> {
    for target in TARGETS {
        let folder = folder.join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, input) in corpus::inputs(target.name).iter().enumerate() {
            std::fs::write(folder.join(format!("recorded-{number:04}")), input)?;
        }
    }
    Ok(())
}
