//! Who is listened to, and how that ends.

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

/// Connections at once; more wait.
const CONNECTIONS: usize = 512;

/// How long a connection may take over the head of a request, or stay silent between two.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest head of a request, in bytes.
const HEAD: usize = 64 << 10;

/// Answers connections until a signal comes; then those that are open have as long to end as a request may take.
/// `routes` are the network's own.
pub async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    routes: Router,
) -> Result<(), Failure> {
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let open = GracefulShutdown::new();
    let answers = router(Arc::clone(&service), routes);
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
                    // As when there are no file handles left: others are about to be closed.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                (place, stream)
            }
        };
        // Answers are short and are waited for; a socket that cannot do so is served all the same.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(answers.clone()));
        let connection = open.watch(connection);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            // A client that goes away in the middle is no fault of the server's.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    say("ending: open requests are answered; again to stop at once");
    service.end();
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

/// Comes to an end with a signal to stop.
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
