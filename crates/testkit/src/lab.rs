//! The lab server of `lab/server.py` as a child process that ends with its owner.
//!
//! It needs Python with `lab/requirements.txt`, which `cargo xtask test` installs and names in
//! `SEKISHO_TEST_PYTHON`. Without that variable [`Lab::start_or_skip`] says so and gives nothing, so that plain
//! `cargo test` stays usable; with it, every failure to start is the test's failure.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// Names the Python that has the lab's requirements.
pub const PYTHON_VARIABLE: &str = "SEKISHO_TEST_PYTHON";
/// The account that the access key `lab` belongs to.
pub const HOME_ACCOUNT: &str = "111122223333";
/// The time at which seeded tests hold the server's clock, so that ages and ids are the same every day.
pub const NOW: &str = "2026-11-20T00:00:00Z";

const ANSWER_MAX_BYTES: u64 = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// Why the lab is of no use.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A process or socket failed.
    #[error("the lab server failed: {0}; are the requirements of lab/requirements.txt installed?")]
    Io(#[from] io::Error),
    /// The server or the seed ended early.
    #[error("{what} ended early: {output}")]
    Ended {
        /// Which of the two.
        what: &'static str,
        /// What it printed.
        output: String,
    },
    /// The server refused a control request.
    #[error("the lab refused {path}: {answer}")]
    Refused {
        /// The path asked.
        path: String,
        /// The body of its answer.
        answer: String,
    },
    /// An answer is not JSON.
    #[error("the lab's answer is not json: {0}")]
    Json(#[from] serde_json::Error),
}

/// What the seed fills the lab with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// Both accounts.
    Everything,
    /// The first account only.
    Home,
}

/// A running lab server.
#[derive(Debug)]
pub struct Lab {
    process: Child,
    // Closing it ends the server, even when the owner is killed.
    stdin: Option<ChildStdin>,
    address: String,
    python: PathBuf,
}

impl Lab {
    /// A lab with `seed`, or nothing (and a loud word) where [`PYTHON_VARIABLE`] is not set.
    ///
    /// # Errors
    /// [`LabError`] if the server or the seed does not start.
    pub fn start_or_skip(seed: Option<Seed>) -> Result<Option<Self>, LabError> {
        let Some(python) = std::env::var_os(PYTHON_VARIABLE) else {
            let _ = writeln!(io::stderr(), "SKIPPED, NOT TESTED: {PYTHON_VARIABLE} is not set; run `cargo xtask test`");
            return Ok(None);
        };
        let lab = Self::start(Path::new(&python))?;
        if let Some(seed) = seed {
            lab.seed(seed)?;
        }
        Ok(Some(lab))
    }

    /// Starts the server on a free port with its clock held at [`NOW`], and waits until it listens.
    ///
    /// # Errors
    /// [`LabError`] if it does not start.
    pub fn start(python: &Path) -> Result<Self, LabError> {
        let mut process = Command::new(python)
            .arg(folder().join("server.py"))
            .args(["--port", "0", "--until-stdin-closes", "--now", NOW])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = process.stdin.take();
        let mut first_line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut first_line)?;
        }
        match first_line.trim().rsplit_once("http://") {
            Some((_, address)) => Ok(Self { process, stdin, address: address.to_owned(), python: python.to_owned() }),
            None => Err(LabError::Ended { what: "lab/server.py", output: first_line }),
        }
    }

    /// Fills the lab; gives the verdicts that are expected of it (the file that `lab/seed.py` describes).
    ///
    /// # Errors
    /// [`LabError`] with what the seed printed.
    pub fn seed(&self, seed: Seed) -> Result<Value, LabError> {
        let out = std::env::temp_dir().join(format!(
            "sekisho-lab-expected-{}-{}.json",
            std::process::id(),
            self.process.id()
        ));
        let mut command = Command::new(&self.python);
        command
            .arg(folder().join("seed.py"))
            .args(["--endpoint", &self.endpoint(), "--now", NOW])
            .arg("--out")
            .arg(&out);
        if seed == Seed::Home {
            command.arg("--only-home");
        }
        let done = command.output()?;
        if !done.status.success() {
            return Err(LabError::Ended {
                what: "lab/seed.py",
                output: String::from_utf8_lossy(&done.stderr).into_owned(),
            });
        }
        let expected = serde_json::from_slice(&std::fs::read(&out)?)?;
        std::fs::remove_file(&out)?;
        Ok(expected)
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sets the weather (see `lab/weather.py`); `{}` clears it.
    ///
    /// # Errors
    /// [`LabError::Refused`] for a field that the weather does not have.
    pub fn weather(&self, weather: &Value) -> Result<(), LabError> {
        self.ask("POST", "/lab/weather", weather).map(|_| ())
    }

    /// Calls per operation and effects of the weather since the last reset.
    ///
    /// # Errors
    /// [`LabError`] if the server is gone.
    pub fn counters(&self) -> Result<Value, LabError> {
        self.ask("GET", "/lab/counters", &Value::Null)
    }

    /// Sets all counters to zero.
    ///
    /// # Errors
    /// [`LabError`] if the server is gone.
    pub fn reset_counters(&self) -> Result<(), LabError> {
        self.ask("POST", "/lab/reset", &Value::Null).map(|_| ())
    }

    /// One HTTP/1.0 exchange; the server closes the connection, so the answer ends where the stream does.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, LabError> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: lab\r\nContent-Length: {length}\r\n\r\n{body}")?;
        let mut answer = String::new();
        stream.take(ANSWER_MAX_BYTES).read_to_string(&mut answer)?;
        let (head, text) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if !head.lines().next().is_some_and(|line| line.contains(" 200 ")) {
            return Err(LabError::Refused { path: path.to_owned(), answer: text.to_owned() });
        }
        Ok(serde_json::from_str(text)?)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Its own child only; already gone is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lab")
}
