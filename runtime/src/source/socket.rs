//! Lines of text from a TCP connection.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::block::TextBlock;
use crate::error::{Error, Result};
use crate::signal::Wake;
use crate::source::inbox::{Feed, logged_by_inbox};
use crate::source::report::{Receiving, Reporter};
use crate::source::text::{TextFill, TextInbox, text_inbox};
use crate::source::{Interval, Source, SourceContext};

/// How often a silent connection is left to look whether the context stops, on systems where nobody can end a read of another
/// thread.
const LOOK_UP: Duration = Duration::from_secs(1);

/// Settings of `socket_text_stream`.
///
/// ```
/// use microbatch::{Duration, SocketOptions};
///
/// let options = SocketOptions::default().reconnect_limit(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SocketOptions {
    reconnect_after: Duration,
    reconnect_limit: Duration,
    connect_timeout: Duration,
    longest_line: usize,
    idle_timeout: Option<Duration>,
}

impl Default for SocketOptions {
    /// Connects again after 100 ms, then after twice as long each time, up to 10 s; gives an attempt 5 s. Lines have up to 64 MiB.
    /// A connection may be silent for ever.
    fn default() -> Self {
        SocketOptions {
            reconnect_after: Duration::from_millis(100),
            reconnect_limit: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            longest_line: 64 << 20,
            idle_timeout: None,
        }
    }
}

impl SocketOptions {
    /// How long to wait before the first attempt to connect again. Each further one waits twice as long, until data arrives.
    pub fn reconnect_after(mut self, delay: Duration) -> Self {
        self.reconnect_after = delay;
        self
    }

    /// The longest wait between two attempts.
    pub fn reconnect_limit(mut self, limit: Duration) -> Self {
        self.reconnect_limit = limit;
        self
    }

    /// How long an attempt to connect may take, for each address of the host.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// About how many bytes a line may have, at most 512 MiB. A sender that goes on without an end of line would else take all
    /// memory: it is hung up on, what it has sent of the line is left out and counts as a bad record, and the connection is made again.
    pub fn longest_line(mut self, bytes: usize) -> Self {
        self.longest_line = bytes;
        self
    }

    /// After how long without data to hang up and connect again. A sender that is switched off, or cut off by a firewall, does not
    /// say so: its connection looks as one that is silent. Without this setting such a connection is waited on for ever. Choose
    /// more than the longest silence of a sender that is well.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = Some(timeout);
        self
    }
}

/// Receives lines of text over TCP, for ever: see [`socket_text_stream`](crate::dstream::Sources::socket_text_stream).
pub struct SocketSource {
    address: Address,
    options: SocketOptions,
    inbox: Option<TextInbox>,
}

#[derive(Clone)]
struct Address {
    host: String,
    port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl SocketSource {
    pub(crate) fn new(host: String, port: u16, options: SocketOptions) -> Self {
        SocketSource { address: Address { host, port }, options, inbox: None }
    }
}

impl Source for SocketSource {
    type Block = TextBlock;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        let reporter = Arc::new(Reporter::new(context));
        let (feed, inbox) = text_inbox(context, &reporter, &self.address, self.options.longest_line)?;
        self.inbox = Some(inbox);
        let client = Client {
            address: self.address.clone(),
            options: self.options.clone(),
            feed,
            reporter,
            context: context.clone(),
        };
        spawn(context, move || client.run())
    }

    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<TextBlock>>> {
        self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.batch(interval))
    }

    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<TextBlock>>> {
        self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.batch_again(interval, extent))
    }

    logged_by_inbox!();
}

/// Starts a source's thread.
pub(crate) fn spawn(context: &SourceContext, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = thread::Builder::new().name(format!("receiver-{}", context.stream)).spawn(work);
    thread.map(drop).map_err(|cause| Error::Source {
        stream: context.stream.to_string(),
        what: "its thread cannot be started".to_owned(),
        remedy: "raise the limit of threads".to_owned(),
        cause: Some(cause.into()),
    })
}

/// The receiver's thread.
struct Client {
    address: Address,
    options: SocketOptions,
    feed: Feed<TextFill>,
    reporter: Arc<Reporter>,
    context: SourceContext,
}

impl Client {
    fn run(self) {
        let mut delay = self.options.reconnect_after;
        // A stop that is requested while there is no connection waits for us no more, and one after it waits until we are done.
        let mut receiving = None;
        while !self.is_over() {
            let trouble = match self.connect() {
                Ok(connection) => {
                    receiving = Some(Receiving::new(&self.context.input));
                    let (received, trouble) = self.receive(connection);
                    if received {
                        delay = self.options.reconnect_after;
                    }
                    trouble
                }
                Err(error) => Some(format!("cannot connect: {error}")),
            };
            // What fails because of a stop is no trouble.
            if let Some(trouble) = trouble.filter(|_| !self.is_over()) {
                receiving = None;
                let delay_now = delay.min(self.options.reconnect_limit);
                self.reporter.lost(format!("{}: {trouble}; next attempt in {delay_now:?}", self.address));
                self.context.stop.wait(delay_now);
                delay = delay_now.saturating_mul(2);
            }
        }
        self.reporter.stopped(None);
        drop(receiving);
    }

    fn is_over(&self) -> bool {
        self.context.stop.is_requested() || self.feed.is_closed()
    }

    fn look_up(&self) -> Duration {
        self.options.idle_timeout.map_or(LOOK_UP, |timeout| timeout.clamp(Duration::from_millis(1), LOOK_UP))
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the host has no address");
        for address in (self.address.host.as_str(), self.address.port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, self.options.connect_timeout.max(Duration::from_millis(1))) {
                Ok(connection) if is_itself(connection.local_addr()?, connection.peer_addr()?) => {
                    last = io::Error::new(ErrorKind::ConnectionRefused, "nobody listens there");
                }
                Ok(connection) => {
                    connection.set_read_timeout(Some(self.look_up()))?;
                    return Ok(connection);
                }
                Err(error) => last = error,
            }
            if self.is_over() {
                break;
            }
        }
        Err(last)
    }

    /// Receives until the connection or the context ends. Returns whether data came, and what went wrong.
    fn receive(&self, mut connection: TcpStream) -> (bool, Option<String>) {
        let line = match connection.try_clone() {
            Ok(line) => Arc::new(Line(line)),
            Err(error) => return (false, Some(format!("the connection has failed: {error}"))),
        };
        self.context.stop.will_wake(&line);
        self.reporter.started();
        let (mut received, mut heard) = (false, Instant::now());
        let trouble = loop {
            if self.is_over() {
                break None;
            }
            match self.read(&mut connection) {
                Ok(0) if self.is_over() => {} // it was hung up here
                Ok(0) => break Some("the connection has ended".to_owned()),
                Ok(_) => (received, heard) = (true, Instant::now()),
                Err(error) if is_passing(&error) => {
                    if let Some(timeout) = self.options.idle_timeout.filter(|timeout| heard.elapsed() >= *timeout) {
                        break Some(format!("nothing has come for {timeout:?}"));
                    }
                }
                Err(error) if error.kind() == ErrorKind::InvalidData => {
                    self.context.input.bad.fetch_add(1, Ordering::AcqRel);
                    break Some(error.to_string());
                }
                Err(error) => break Some(format!("the connection has failed: {error}")),
            }
        };
        let _ = self.feed.put(TextFill::finish); // refused only when the context has ended
        (received, trouble)
    }

    /// Waits for data without the lock of the current block; what is there is then read straight into the block.
    fn read(&self, connection: &mut TcpStream) -> io::Result<usize> {
        if connection.peek(&mut [0])? == 0 {
            return Ok(0);
        }
        // Refused only when the context has ended, which the caller notices.
        self.feed.put(|fill| fill.read_from(connection)).unwrap_or(Ok(1))
    }
}

/// A connection that is hung up when the context stops, which ends a read that waits.
struct Line(TcpStream);

impl Wake for Line {
    fn wake(&self) {
        let _ = self.0.shutdown(Shutdown::Read); // fails only if it has ended
    }
}

/// Whether a connection leads back to itself. The system may give it the port as its own that it is to go to, where nobody listens.
fn is_itself(local: SocketAddr, peer: SocketAddr) -> bool {
    local == peer
}

/// Whether an error is none: nothing has come yet, or a signal came.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_connection_between_two_ends_is_not_one_to_itself() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (local, peer) = (connection.local_addr().unwrap(), connection.peer_addr().unwrap());
        assert!(!is_itself(local, peer) && is_itself(local, local));
    }
}
