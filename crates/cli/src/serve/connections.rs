//! Accepting connections, and graceful shutdown.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::api::router;
use super::service::Service;
use crate::failure::Failure;
use crate::terminal::say;

/// Maximum number of open connections; more wait.
const MAX_CONNECTIONS: usize = 512;

/// Time limit for the head of a request, and for silence between two.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum size of a request's head, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// Accepts connections until a signal comes; then waits for open requests, at most as long as a request may take.
/// `routes` are those of the network.
pub async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    routes: Router,
) -> Result<(), Failure> {
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let open = GracefulShutdown::new();
    let app = router(Arc::clone(&service), routes);
    let mut stop = pin!(stopped()?);
    loop {
        let arrival = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            () = &mut stop => break,
            (place, accepted) = arrival => {
                let Ok((stream, _)) = accepted else {
                    // Without free file handles, for one: others are about to be closed.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                (place, stream)
            }
        };
        // Responses are short and awaited. A socket without this option is served all the same.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIMEOUT)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app.clone()));
        let connection = open.watch(connection);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            // A client that goes away in the middle is no fault of the server's.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    say("shutting down after the open requests; again to stop at once");
    service.shut_down();
    tokio::spawn(async {
        if let Ok(again) = stopped() {
            again.await;
            std::process::exit(130);
        }
    });
    tokio::select! {
        () = open.shutdown() => {}
        () = tokio::time::sleep(service.limits.timeout) => say("some requests were not answered in time"),
    }
    Ok(())
}

/// Resolves at a signal to stop.
fn stopped() -> Result<impl Future<Output = ()>, Failure> {
    let fault = |error| Failure::Other(format!("cannot listen to signals: {error}"));
    #[cfg(unix)]
    let mut terminated =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(fault)?;
    #[cfg(unix)]
    let mut interrupted =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).map_err(fault)?;
    #[cfg(windows)]
    let mut interrupted = tokio::signal::windows::ctrl_c().map_err(fault)?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        #[cfg(windows)]
        interrupted.recv().await;
    })
}
