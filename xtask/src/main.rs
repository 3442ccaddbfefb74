//! The project's own chores: `cargo xtask models`.

mod models;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, rest)) if command == "models" => models::run(rest),
        _ => anyhow::bail!("write cargo xtask models [--check]"),
    }
}
