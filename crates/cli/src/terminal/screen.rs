//! The terminal in the hands of the dashboard: entered, read for keys, and restored on exit and panic.

use std::io::{BufWriter, IsTerminal as _, Result, Stderr, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
};

use super::dashboard::{Dashboard, MIN_SIZE};
use super::output;
use super::stop;

/// Minimum time between two frames.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Maximum time between two frames, so that clocks advance during an evaluation.
const MAX_INTERVAL: Duration = Duration::from_secs(1);

/// True while the dashboard has the terminal. Changes and drawing happen under the lock of standard error, which is
/// reentrant, so that a panic while drawing can leave.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// A dashboard on the terminal, which is restored on drop.
pub struct Screen(Arc<Shared>);

struct Shared {
    /// The origin of times.
    begun: Instant,
    canvas: Mutex<Canvas>,
}

struct Canvas {
    dashboard: Dashboard,
    terminal: Terminal<CrosstermBackend<BufWriter<Stderr>>>,
    last_drawn: Option<Instant>,
}

/// True if the terminal is interactive and large enough for the dashboard by default.
pub fn fits() -> bool {
    let (width, height) = MIN_SIZE;
    stderr().is_terminal()
        && std::io::stdin().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        && size().is_ok_and(|(columns, rows)| columns >= width && rows >= height)
        && in_foreground()
}

/// True if the program is in the foreground: one in the background would be stopped by a change of the terminal.
#[cfg(unix)]
fn in_foreground() -> bool {
    rustix::termios::tcgetpgrp(stderr()).is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
const fn in_foreground() -> bool {
    true
}

/// Restores the terminal and prints the messages held back; a no-op without the dashboard.
pub fn leave() {
    let mut err = stderr().lock();
    if ACTIVE.swap(false, Ordering::Relaxed) {
        // A terminal that has gone cannot be restored.
        let _ = execute!(err, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
        output::release();
    }
}

impl Screen {
    /// Switches to the alternate screen and starts to read keys.
    ///
    /// # Errors
    /// When the terminal cannot be set up.
    pub fn enter(dashboard: Dashboard) -> Result<Self> {
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(stderr())))?;
        let now = Instant::now();
        let canvas = Mutex::new(Canvas { dashboard, terminal, last_drawn: None });
        let screen = Self(Arc::new(Shared { begun: now, canvas }));
        leave_on_panic();
        stop::before_exit(leave);
        let mut err = stderr().lock();
        enable_raw_mode()?;
        ACTIVE.store(true, Ordering::Relaxed);
        output::hold();
        if let Err(error) = execute!(err, EnterAlternateScreen, Hide) {
            leave();
            return Err(error);
        }
        drop(err);
        let shared = Arc::clone(&screen.0);
        std::thread::spawn(move || read_events(&shared));
        Ok(screen)
    }

    /// Changes the dashboard, and draws it unless the last frame is too recent.
    pub fn update(&self, change: impl FnOnce(&mut Dashboard, Duration)) {
        let mut canvas = self.0.canvas();
        change(&mut canvas.dashboard, self.0.begun.elapsed());
        self.0.draw(&mut canvas, MIN_INTERVAL);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

impl Shared {
    fn canvas(&self) -> MutexGuard<'_, Canvas> {
        self.canvas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws, unless the last frame is newer than `age`.
    fn draw(&self, canvas: &mut Canvas, age: Duration) {
        if canvas.last_drawn.is_some_and(|drawn| drawn.elapsed() < age) {
            return;
        }
        let _err = stderr().lock();
        if ACTIVE.load(Ordering::Relaxed) {
            let Canvas { dashboard, terminal, last_drawn } = canvas;
            dashboard.stopping = stop::flag().load(Ordering::Relaxed);
            // Training goes on without a terminal.
            let _ = terminal.draw(|frame| dashboard.draw(frame, self.begun.elapsed()));
            *last_drawn = Some(Instant::now());
        }
    }
}

/// Handles keys and resizes until the terminal is left.
fn read_events(shared: &Shared) {
    while ACTIVE.load(Ordering::Relaxed) {
        let age =
            match event::poll(MIN_INTERVAL).and_then(|came| came.then(event::read).transpose()) {
                Ok(Some(Event::Key(key))) => {
                    on_key(key);
                    Duration::ZERO
                }
                Ok(Some(Event::Resize(..))) => Duration::ZERO,
                Ok(_) => MAX_INTERVAL,
                Err(_) => return,
            };
        shared.draw(&mut shared.canvas(), age);
    }
}

/// Stops on `q` and Ctrl-C, which is a key and no signal in raw mode.
fn on_key(key: KeyEvent) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => stop::request(),
        KeyCode::Char('q') if !stop::flag().load(Ordering::Relaxed) => stop::request(),
        _ => {}
    }
}

/// Restores the terminal before a panic's message is printed.
fn leave_on_panic() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave();
        hook(panic);
    }));
}
