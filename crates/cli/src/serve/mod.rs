//! A trained network behind HTTP.
//!
//! | file | subject |
//! | --- | --- |
//! | [`served`], [`model`] | the network, and its description |
//! | [`columns`] | columns of a table in the description |
//! | [`api`], [`documents`] | routes of every server, and their `OpenAPI` documents |
//! | [`endpoints`] | routes of networks: predictions, generated images |
//! | [`service`] | state shared by handlers, and the trait of servable networks |
//! | [`body`] | images and rows in a request's body |
//! | [`error`] | errors of the API |
//! | [`queue`] | batching of requests |
//! | [`connections`] | accepting connections, and graceful shutdown |
//! | [`metrics`] | metrics for Prometheus |
//! | `page.html` | the page in a browser |
//!
//! Handlers read requests and decode bodies on the runtime's threads. The calling thread computes, so that a failing
//! graphics adapter ends the program with the same error as in every other command.

mod api;
mod body;
mod columns;
mod connections;
mod documents;
mod endpoints;
mod error;
mod metrics;
mod model;
mod queue;
mod served;
mod service;

use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hearth_config::{Diagnostic, Diagnostics, reason};
use hearth_data::Bounds;
use tokio::net::TcpListener;

use self::service::Service;
use crate::failure::Failure;

pub use served::Served;

/// Limits of a server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum size of a request's body, in bytes.
    pub body: usize,
    /// Maximum size of an image.
    pub image: Bounds,
    /// Maximum number of waiting requests.
    pub queue: usize,
    /// Samples in one forward pass.
    pub batch: usize,
    /// Maximum delay of a forward pass in wait for a full batch.
    pub wait: Duration,
    /// Time limit of a request, its body included, and of the shutdown.
    pub timeout: Duration,
}

/// The addresses of a host, IPv4 first: the server binds to the first that it can.
fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    // Also on a machine without a hosts file (RFC 6761, section 6.3).
    let host = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { host };
    let mut found: Vec<SocketAddr> = (host, port)
        .to_socket_addrs()
        .map_err(|_| {
            let fault = Diagnostic::new(format!("no address is known of --host {host}"));
            let help =
                "--host takes an address of this machine, such as 127.0.0.1, or a name of one";
            Failure::from(Diagnostics::from(fault.help(help)))
        })?
        .collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.dedup();
    Ok(found)
}

/// Serves until a signal; calls `ready` with the address once the server listens.
///
/// # Errors
/// When the address cannot be bound or `ready` fails.
pub fn serve(
    served: &Served,
    host: &str,
    port: u16,
    limits: Limits,
    ready: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let decoders = thread::available_parallelism().map_or(1, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Without a bound the pool grows under load: a thread is reported free only some time after it has decoded.
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
    let described = (served.model.clone(), served.document.clone());
    let metric = served.network.batch_metric();
    let service = Arc::new(Service::new(described, metric, limits, decoders));
    let (routes, work) = served.network.start(&service);
    let accepting = runtime.spawn(connections::accept(listener, service, routes));
    ready(address)?;
    // Until the server, and with it the last sender of requests, has ended.
    work();
    let ended = runtime.block_on(accepting);
    runtime.shutdown_timeout(Duration::ZERO);
    ended.map_err(|error| Failure::Other(format!("the server failed: {error}")))?
}
