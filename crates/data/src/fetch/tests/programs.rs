//! Stand-ins for apt, dpkg-deb and npm.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Stand-ins for the programs, as shell scripts.
struct Scripts(tempfile::TempDir);

impl Scripts {
    fn new(apt_get: &str, npm: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dpkg_deb = r#"[ "$1" = -x ] && mkdir -p "$3/usr" && tar -xf "$2" -C "$3/usr""#;
        for (name, script) in [("apt-get", apt_get), ("dpkg-deb", dpkg_deb), ("npm", npm)] {
            let path = folder.path().join(name);
            fs::write(&path, format!("#!/bin/sh\nhere='{}'\n{script}\n", folder.path().display()))
                .unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for file in TINY.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(file.bytes);
            header.set_mode(0o644);
            archive
                .append_data(
                    &mut header,
                    format!("package/data/{}", file.name),
                    contents(file.name),
                )
                .unwrap();
        }
        let archive = archive.into_inner().unwrap().finish().unwrap();
        fs::write(folder.path().join("archive"), archive).unwrap();
        Self(folder)
    }

    fn fetch(&self, location: DownloadLocation) -> Attempt {
        let tool = |name| self.0.path().join(name).into_os_string();
        let tools =
            Tools { apt_get: tool("apt-get"), dpkg_deb: tool("dpkg-deb"), npm: tool("npm") };
        Attempt::with(&[location], &Fetch { tools, time_limit: Duration::from_mins(1) })
    }
}

#[test]
fn apt_gets_lists_of_its_own_without_the_machines() {
    let location =
        || DownloadLocation::Debian { packages: &["tiny-data"], folder: "usr/package/data" };
    Scripts::new(r#"case "$*" in *Dir::State*) exit 1;; *"download tiny-data") cp "$here/archive" tiny.deb;; esac"#, "")
        .fetch(location())
        .assert_complete();
    let two = DownloadLocation::Debian { packages: &["tiny", "more"], folder: "usr/package/data" };
    assert_eq!(two.to_string(), "Debian's packages tiny and more by apt-get download");
    let both = r#"
        case "$*" in
            *"download tiny more") echo > tiny.deb; cp "$here/archive" more.deb;;
            *) exit 1;;
        esac"#;
    Scripts::new(both, "").fetch(two).assert_failed("dpkg-deb failed");
    let both = both.replace("echo >", "cp \"$here/archive\"");
    let two = DownloadLocation::Debian { packages: &["tiny", "more"], folder: "usr/package/data" };
    Scripts::new(&both, "").fetch(two).assert_complete();
    let empty_lists = r#"
        case "$*" in
            *Dir::State::lists=*update) touch filled;;
            *Dir::State::lists=*"download tiny-data") [ -e filled ] && cp "$here/archive" tiny.deb;;
            *) echo "E: Unable to locate package" >&2; exit 100;;
        esac"#;
    Scripts::new(empty_lists, "").fetch(location()).assert_complete();
    let offline = Scripts::new("echo \"E: $* is impossible\"; exit 100", "").fetch(location());
    offline.assert_failed("with package lists of its own");
    offline.assert_failed("download tiny-data is impossible");
}

#[test]
fn npm_archives_are_read_in_place() {
    let location = |folder| DownloadLocation::Npm { package: "tiny-data", folder };
    let scripts =
        Scripts::new("", r#"[ "$1 $2" = "pack tiny-data" ] && cp "$here/archive" tiny-1.0.0.tgz"#);
    scripts.fetch(location("package/data")).assert_complete();
    scripts.fetch(location("package/other")).assert_failed("there is no package/other/abc in it");
    Scripts::new("", "true").fetch(location("")).assert_failed("no .tgz file was downloaded");
}
