//! A trained network behind HTTP.
//!
//! | file | subject |
//! | --- | --- |
//! | [`served`] | the network, and its description |
//! | [`api`] | answers that any network has |
//! | [`images`] | images in, their classes out |
//! | [`rows`] | rows of a table in, their classes or numbers out |
//! | [`generate`] | images that a generator makes |
//! | [`service`] | what handlers share, and how a network is put behind them |
//! | [`body`] | images and rows out of a request's body |
//! | [`columns`] | the columns of a table, as a form needs them |
//! | [`refusal`] | why a request is not answered, as JSON |
//! | [`queue`] | many requests, one forward pass |
//! | [`connections`] | who is listened to, and how that ends |
//! | [`metrics`] | what Prometheus reads |
//! | `page.html` | what a person sees |
//!
//! Handlers read requests and decode bodies on the runtime's threads. The thread that called computes: a
//! graphics adapter that fails there ends the program with the error that it ends every command with.

mod api;
mod body;
mod columns;
mod connections;
mod generate;
mod images;
mod metrics;
mod queue;
mod refusal;
mod rows;
mod served;
mod service;

use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hearth_config::{Fault, Faults, reason};
use hearth_data::Bounds;
use tokio::net::TcpListener;

use self::service::Service;
use crate::failure::Failure;

pub use served::Served;

/// What a server takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest body of a request, in bytes.
    pub body: usize,
    /// The largest picture.
    pub picture: Bounds,
    /// Requests that wait for the network.
    pub queue: usize,
    /// Pictures or rows in one forward pass.
    pub batch: usize,
    /// How long a forward pass is held back for more of them.
    pub wait: Duration,
    /// How long a request may take, its body included, and how long the last ones may at the end.
    pub timeout: Duration,
}

/// The addresses of a host, those of IPv4 first: the first that can be listened on is taken.
fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    // On a machine without a file of hosts as well (RFC 6761, section 6.3).
    let host = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host };
    let mut found: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|_| {
            let fault = Fault::new(format!("no address is known of --host {host}"));
            let help =
                "--host takes an address of this machine, such as 127.0.0.1, or a name of one";
            Failure::from(Faults::from(fault.help(help)))
        })?
        .collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.dedup();
    Ok(found)
}

/// Serves until a signal ends it; `ready` is told the address.
pub fn serve(
    served: &Served,
    host: &str,
    port: u16,
    limits: Limits,
    ready: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let decoders = thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Unbounded, the pool grows under load: a thread that has decoded is not at once seen to be free.
        .max_blocking_threads(decoders)
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("cannot start threads: {error}")))?;
    let addresses = addresses(host, port)?;
    let listener = runtime.block_on(TcpListener::bind(&addresses[..])).map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::AddrNotAvailable => {
                "--host takes an address of this machine, such as 127.0.0.1"
            }
            ErrorKind::PermissionDenied => "--port takes one above 1023 without special rights",
            _ => "--port 0 takes a free one",
        };
        let all: Vec<_> = addresses.iter().map(SocketAddr::to_string).collect();
        let all = all.join(" and ");
        Failure::Other(format!("cannot listen on {all}: {}; {remedy}", reason(&error)))
    })?;
    let address = listener.local_addr().map_err(|error| Failure::Other(error.to_string()))?;
    let service = Arc::new(Service::new(served, limits, decoders));
    let (routes, work) = served.network.start(&service);
    let accepting = runtime.spawn(connections::accept(listener, service, routes));
    ready(address)?;
    // Until the server has ended, and with it whoever could ask.
    work();
    let ended = runtime.block_on(accepting);
    runtime.shutdown_timeout(Duration::ZERO);
    ended.map_err(|error| Failure::Other(format!("the server failed: {error}")))?
}
