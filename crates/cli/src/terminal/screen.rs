//! The terminal while the dashboard is on it: taken, listened to, and given back whatever happens.

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

use super::dashboard::{Dashboard, SMALLEST};
use super::output;
use crate::stop;

/// The shortest time between two pictures.
const FRAME: Duration = Duration::from_millis(100);

/// The longest: the time goes on during an evaluation as well.
const LONGEST: Duration = Duration::from_secs(1);

/// Whether the terminal is ours. It changes, and anything is drawn, under the lock of standard error,
/// which a thread that has it can take again: a panic while drawing can leave.
static UP: AtomicBool = AtomicBool::new(false);

/// A dashboard on the terminal, which is given back when it is dropped.
pub struct Screen(Arc<Shown>);

struct Shown {
    /// What times are counted from.
    begun: Instant,
    canvas: Mutex<Canvas>,
}

struct Canvas {
    dashboard: Dashboard,
    terminal: Terminal<CrosstermBackend<BufWriter<Stderr>>>,
    drawn: Option<Instant>,
}

/// Whether a dashboard can be shown, and read, without asking for it.
pub fn fits() -> bool {
    let (width, height) = SMALLEST;
    stderr().is_terminal()
        && std::io::stdin().is_terminal()
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        && size().is_ok_and(|(columns, rows)| columns >= width && rows >= height)
        && in_foreground()
}

/// A program in the background would be stopped as soon as it changed the terminal.
#[cfg(unix)]
fn in_foreground() -> bool {
    rustix::termios::tcgetpgrp(stderr()).is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
const fn in_foreground() -> bool {
    true
}

/// Gives the terminal back, and says what was kept from it meanwhile. Nothing happens if it is not ours.
pub fn leave() {
    let mut err = stderr().lock();
    if UP.swap(false, Ordering::Relaxed) {
        // There is nothing to be done about a terminal that has gone.
        let _ = execute!(err, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
        output::release();
    }
}

impl Screen {
    /// Takes the terminal.
    pub fn enter(dashboard: Dashboard) -> Result<Self> {
        let terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(stderr())))?;
        let now = Instant::now();
        let canvas = Mutex::new(Canvas { dashboard, terminal, drawn: None });
        let screen = Self(Arc::new(Shown { begun: now, canvas }));
        leave_on_panic();
        let mut err = stderr().lock();
        enable_raw_mode()?;
        UP.store(true, Ordering::Relaxed);
        output::hold();
        if let Err(error) = execute!(err, EnterAlternateScreen, Hide) {
            leave();
            return Err(error);
        }
        drop(err);
        let shown = Arc::clone(&screen.0);
        std::thread::spawn(move || listen(&shown));
        Ok(screen)
    }

    /// Changes what is shown, and shows it when it is time to.
    pub fn update(&self, change: impl FnOnce(&mut Dashboard, Duration)) {
        let mut canvas = self.0.canvas();
        change(&mut canvas.dashboard, self.0.begun.elapsed());
        self.0.draw(&mut canvas, FRAME);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

impl Shown {
    fn canvas(&self) -> MutexGuard<'_, Canvas> {
        self.canvas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws, unless the last picture is newer than this.
    fn draw(&self, canvas: &mut Canvas, age: Duration) {
        if canvas.drawn.is_some_and(|drawn| drawn.elapsed() < age) {
            return;
        }
        let _err = stderr().lock();
        if UP.load(Ordering::Relaxed) {
            let Canvas { dashboard, terminal, drawn } = canvas;
            dashboard.stopping = stop::flag().load(Ordering::Relaxed);
            // A terminal that has gone is no reason to stop training.
            let _ = terminal.draw(|frame| dashboard.draw(frame, self.begun.elapsed()));
            *drawn = Some(Instant::now());
        }
    }
}

/// Takes keys and changes of size until the terminal is no longer ours.
fn listen(shown: &Shown) {
    while UP.load(Ordering::Relaxed) {
        let age = match event::poll(FRAME).and_then(|came| came.then(event::read).transpose()) {
            Ok(Some(Event::Key(key))) => {
                heed(key);
                Duration::ZERO
            }
            Ok(Some(Event::Resize(..))) => Duration::ZERO,
            Ok(_) => LONGEST,
            Err(_) => return,
        };
        shown.draw(&mut shown.canvas(), age);
    }
}

/// In raw mode Ctrl-C is a key like others, and no signal.
fn heed(key: KeyEvent) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => stop::request(),
        KeyCode::Char('q') if !stop::flag().load(Ordering::Relaxed) => stop::request(),
        _ => {}
    }
}

/// The message of a panic has to be read, and the shell's own screen has to come back.
fn leave_on_panic() {
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave();
        shown(panic);
    }));
}
