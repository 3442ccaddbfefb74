//! A small HTTP server whose answers a test decides, and a clock that runs fast.
//!
//! It speaks just enough HTTP/1.1 to misbehave in every way that networks do: cut, cut in mid-body, silence.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_collect::aws::{Account, BoxFuture, Client, ClientConfig, Clock, Endpoints, ModelSet, Target};
use sekisho_model::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the client sent.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// The request line.
    pub(crate) line: String,
    /// Header lines, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

impl Received {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// What the server does.
pub(crate) enum Reply {
    /// A complete answer.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection without a word.
    Cut,
    /// Promises this body and sends half of it.
    CutBody(String),
    /// Says nothing for longer than any test waits.
    Silence,
}

impl Reply {
    /// 200 with a body.
    pub(crate) fn ok(body: &str) -> Self {
        Self::Answer(200, Vec::new(), body.to_owned())
    }

    /// An error of a JSON service.
    pub(crate) fn json_error(status: u16, code: &str) -> Self {
        Self::Answer(status, Vec::new(), format!(r#"{{"__type":"{code}","message":"the words of AWS"}}"#))
    }
}

/// A running server.
pub(crate) struct Server {
    /// Its URL.
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

type Handler = dyn Fn(usize, &Received) -> Reply + Send + Sync;

impl Server {
    /// Starts a server that asks `handler` for every request (counted from zero).
    pub(crate) async fn start(handler: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (seen, handler): (_, Arc<Handler>) = (received.clone(), Arc::new(handler));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, seen.clone(), handler.clone()));
            }
        });
        Self { url, received }
    }

    /// Everything received so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<Received>>>, handler: Arc<Handler>) {
    while let Some(request) = read_request(&mut stream).await {
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        match handler(number, &request) {
            Reply::Answer(status, headers, body) => {
                let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{extra}\r\n{body}", body.len());
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Cut => return,
            Reply::CutBody(body) => {
                let text =
                    format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{}", body.len(), &body[..body.len() / 2]);
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
            Reply::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&buffer[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, v)| v.parse().ok()).unwrap_or(0);
    let mut body = bytes[head_end + 4..].to_vec();
    while body.len() < length {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
        body.extend_from_slice(&buffer[..count]);
    }
    Some(Received { line, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Time that runs a hundred times as fast, so that minutes of patience take a second. It starts at a fixed moment.
pub(crate) struct FastClock {
    start: tokio::time::Instant,
}

const SPEED: u32 = 100;

impl FastClock {
    /// The moment at which it starts.
    pub(crate) const START: &str = "2026-03-01T12:00:00Z";
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        Self::START.parse::<Timestamp>().unwrap() + self.start.elapsed() * SPEED
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed() * SPEED
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration / SPEED))
    }
}

/// A client of the built-in models that calls `url` for every service.
pub(crate) fn client(url: &str, config: ClientConfig) -> Client {
    let clock = Arc::new(FastClock { start: tokio::time::Instant::now() });
    Client::new(ModelSet::builtin().unwrap(), config, Endpoints::custom(url), clock).unwrap()
}

/// An account in `us-east-1`.
pub(crate) fn target() -> Target {
    let account = Account::with_keys("123456789012", "aws", "AKIDEXAMPLE", "not-a-secret");
    Target { account: Arc::new(account), region: "us-east-1".into() }
}
