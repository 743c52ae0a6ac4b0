use std::fs;

use serde_json::Value;

use crate::places::{Place, everywhere};
use crate::support::{Folder, Run};

/// A folder with files, beside a store.
pub struct Desk<'a> {
    pub folder: Folder,
    place: &'a Place,
}

impl Desk<'_> {
    pub fn at(place: &Place) -> Desk<'_> {
        let folder = Folder::new();
        for (name, text) in [("a.csv", "1,2\n"), ("b.csv", "3\n"), ("data/x.csv", "x\n"), ("data/deep/y.txt", "yy\n")] {
            folder.write(name, text);
        }
        Desk { folder, place }
    }

    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let args: Vec<&str> = ["storage"].iter().chain(args).copied().collect();
        self.place.command(&self.folder, &args)
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.command(args).output().unwrap().into()
    }

    /// What a run that goes well prints.
    #[track_caller]
    pub fn prints(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, Some(0), "{args:?}: {run:?}");
        run.out
    }

    /// The address of the default bucket, with a slash, once something is in it.
    pub fn bucket(&self) -> String {
        let address = self.prints(&["put", "a.csv", "/first"]);
        self.prints(&["delete", address.trim_end()]);
        address.trim_end().strip_suffix("first").unwrap().to_owned()
    }

    /// The keys in the default bucket.
    #[track_caller]
    pub fn keys(&self) -> Vec<String> {
        let listed: Value = serde_json::from_str(&self.prints(&["list", "--json"])).unwrap();
        listed.as_array().unwrap().iter().map(|entry| entry["key"].as_str().unwrap().to_owned()).collect()
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// The name of a bucket by itself.
fn name_of(bucket: &str) -> &str {
    bucket.split_once("://").unwrap().1.trim_end_matches('/')
}

everywhere! {
    files_are_stored_by_all_forms_of_words
    objects_are_fetched_by_all_forms_of_words
    listings_have_three_forms
    prefixes_and_patterns_are_deleted_with_consent
    folders_go_there_and_back
    what_is_there_may_stay
    mistakes_are_told_in_a_sentence
    unusual_keys
}

fn files_are_stored_by_all_forms_of_words(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    let bucket = name_of(&at);
    assert_eq!(desk.prints(&["put", "a.csv"]), format!("{at}a.csv\n"));
    assert_eq!(desk.prints(&["put", "a.csv", bucket, "-k", "in/1.csv"]), format!("{at}in/1.csv\n"));
    assert_eq!(desk.prints(&["put", "a.csv", "-k", "in/2.csv"]), format!("{at}in/2.csv\n"));
    assert_eq!(desk.prints(&["put", "a.csv", &format!("{bucket}/in/3.csv")]), format!("{at}in/3.csv\n"));
    assert_eq!(desk.prints(&["put", "a.csv", &format!("{at}to/")]), format!("{at}to/a.csv\n"));
    assert_eq!(desk.prints(&["put", "a.csv", "b.csv", "/many/"]), format!("{at}many/a.csv\n{at}many/b.csv\n"));
    assert_eq!(desk.prints(&["put", "data/x.csv", bucket]), format!("{at}x.csv\n"));
    let expected = ["a.csv", "in/1.csv", "in/2.csv", "in/3.csv", "many/a.csv", "many/b.csv", "to/a.csv", "x.csv"];
    assert_eq!(desk.keys(), expected);
    for args in [
        &["put", "a.csv", "b.csv", "/one"][..],
        &["put", "-", "/"],
        &["put", "a.csv", "/*.csv"],
        &["put", "a.csv", &format!("{bucket}/in/"), "-k", "x"],
        &["put", "data", "/"],
        &["put", "a.csv", "https://example.org/a.csv"],
        &["put", "https://example.org/a.csv", "/"],
        &["put"],
    ] {
        let run = desk.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}: {run:?}");
    }
    assert_eq!(desk.keys(), expected);
}

fn objects_are_fetched_by_all_forms_of_words(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    let bucket = name_of(&at);
    desk.prints(&["put", "a.csv", "/in/object.csv"]);
    for (args, file) in [
        (&["get", &format!("{at}in/object.csv")][..], "object.csv"),
        (&["get", &format!("{bucket}/in/object.csv"), "copy"], "copy"),
        (&["get", bucket, "in/object.csv"], "object.csv"),
        (&["get", bucket, "in/object.csv", "--out", "out"], "out"),
        (&["get", "/in/object.csv", "data"], "data/object.csv"),
        (&["get", "/in/object.csv", "data/"], "data/object.csv"),
    ] {
        desk.prints(args);
        assert_eq!(desk.read(file), "1,2\n", "{args:?}");
        fs::remove_file(desk.folder.path().join(file)).unwrap();
    }
    assert_eq!(desk.prints(&["get", "/in/object.csv", "-"]), "1,2\n");
    // Something that was there is replaced.
    desk.prints(&["get", "/in/object.csv", "b.csv"]);
    assert_eq!(desk.read("b.csv"), "1,2\n");
    desk.run(&["get", "/in/nothing", "c.csv"]).complains(1, &["in/nothing", "there is no such key (no_such_key)"]);
    assert!(!desk.folder.path().join("c.csv").exists());
    let run = desk.run(&["get", "/in/object.csv", "missing/x"]);
    run.complains(1, &["missing/x"]);
    for args in [&["get", bucket][..], &["get", "/in/"], &["get", "/a", "x", "--out", "y"], &["get", &at]] {
        assert_eq!(desk.run(args).code, Some(2), "{args:?}");
    }
}

fn listings_have_three_forms(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    let bucket = name_of(&at);
    assert_eq!(desk.prints(&["list"]), "");
    assert_eq!(desk.prints(&["list", "--json"]), "[]\n");
    assert_eq!(desk.prints(&["list", "--long"]), "0 objects, 0 B\n");
    for key in ["/a.csv", "/in/b.csv", "/in/deep/c.txt"] {
        desk.prints(&["put", "a.csv", key]);
    }
    let lines = |keys: &[&str]| keys.iter().map(|key| format!("{at}{key}\n")).collect::<String>();
    for (args, keys) in [
        (&["list"][..], &["a.csv", "in/b.csv", "in/deep/c.txt"][..]),
        (&["list", bucket], &["a.csv", "in/b.csv", "in/deep/c.txt"]),
        (&["list", &at], &["a.csv", "in/b.csv", "in/deep/c.txt"]),
        (&["list", "/in/"], &["in/b.csv", "in/deep/c.txt"]),
        (&["list", &format!("{bucket}/in/d")], &["in/deep/c.txt"]),
        (&["list", bucket, "-p", "in/"], &["in/b.csv", "in/deep/c.txt"]),
        (&["list", "-p", "in/b"], &["in/b.csv"]),
        (&["list", &format!("{at}*.csv")], &["a.csv"]),
        (&["list", &format!("{at}**/*.csv")], &["a.csv", "in/b.csv"]),
        (&["list", "/nothing/"], &[]),
    ] {
        assert_eq!(desk.prints(args), lines(keys), "{args:?}");
    }
    let long = desk.prints(&["list", "/in/", "--long"]);
    let long: Vec<&str> = long.lines().collect();
    assert!(long[0].starts_with("        4 B  20") && long[0].ends_with(&format!("  {at}in/b.csv")), "{long:?}");
    assert_eq!((long.len(), long[2]), (3, "2 objects, 8 B"));
    let json = desk.prints(&["list", "/in/", "--json"]);
    assert_eq!(json.lines().count(), 4, "an object a line: {json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let first = &json[0];
    let fields: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["address", "bucket", "etag", "key", "last_modified", "size"]);
    assert_eq!(
        (&first["address"], &first["bucket"], &first["key"], &first["size"]),
        (&format!("{at}in/b.csv").into(), &bucket.into(), &"in/b.csv".into(), &4.into())
    );
    let time: jiff::Timestamp = first["last_modified"].as_str().unwrap().parse().unwrap();
    let age_s = jiff::Timestamp::now().as_second() - time.as_second();
    assert!((-5..600).contains(&age_s), "{first}");
    for args in [&["list", "/in/", "-p", "x"][..], &["list", "https://example.org/"], &["list", "--json", "--long"]] {
        assert_eq!(desk.run(args).code, Some(2), "{args:?}");
    }
}

fn prefixes_and_patterns_are_deleted_with_consent(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    let bucket = name_of(&at);
    for key in ["/a", "/b", "/in/1.csv", "/in/2.csv", "/in/3.txt", "/in/deep/4.csv", "/p-1", "/p-2", "/q"] {
        desk.prints(&["put", "a.csv", key]);
    }
    let everything = desk.keys();
    // Nothing goes by accident.
    for (args, code, words) in [
        (&["delete", "/in/"][..], 2, "--recursive"),
        (&["delete", bucket], 2, "names a bucket and no key"),
        (&["delete", bucket, "-r", "--yes"], 2, "names a bucket and no key"),
        (&["delete", "/in/*.csv"], 1, "nobody to ask; say `--yes`"),
        (&["delete", "-r", "/in/"], 1, "nobody to ask; say `--yes`"),
        (&["delete", "-r", "/in"], 1, "nobody to ask"),
        (&["delete", bucket, "-p", "p-"], 1, "nobody to ask"),
        (&["delete", "/a", "/in/*.csv"], 1, "nobody to ask"),
        (&["delete", "/missing"], 1, "there is no such object (no_such_key)"),
        (&["delete", "https://example.org/a"], 2, "only stored objects"),
        (&["delete", "file:///etc/hosts"], 2, "only stored objects"),
    ] {
        desk.run(args).complains(code, &[words]);
    }
    assert_eq!(desk.keys(), everything);
    let told = desk.prints(&["delete", "-r", "/in/", "--dry-run"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 5, "{told}");
    assert_eq!(lines[4], format!("would delete 4 objects, 16 B, of {at}in/"));
    assert_eq!(desk.prints(&["delete", "/a", "--dry-run"]), format!("would delete {at}a\n"));
    assert_eq!(desk.keys(), everything);

    assert_eq!(desk.prints(&["delete", "/a"]), format!("deleted {at}a\n"));
    assert_eq!(desk.prints(&["delete", bucket, "b"]), format!("deleted {at}b\n"));
    assert_eq!(desk.prints(&["delete", bucket, "-p", "p-", "--yes"]), format!("deleted 2 objects, 8 B, of {at}p-\n"));
    assert_eq!(desk.prints(&["delete", "/in/*.csv", "-y"]), format!("deleted 2 objects, 8 B, of {at}in/*.csv\n"));
    assert_eq!(desk.keys(), ["in/3.txt", "in/deep/4.csv", "q"]);
    desk.prints(&["delete", "-r", "/in", "-y"]);
    assert_eq!(desk.keys(), ["q"]);
    assert_eq!(desk.prints(&["delete", "-r", "/in", "-y"]), format!("deleted 0 objects, 0 B, of {at}in/\n"));
    desk.prints(&["delete", "-r", &at, "-y"]);
    assert_eq!(desk.keys(), [""; 0]);
}

fn folders_go_there_and_back(place: &Place) {
    let desk = Desk::at(place);
    desk.bucket();
    desk.prints(&["put", "-r", "data", "/up/"]);
    assert_eq!(desk.keys(), ["up/deep/y.txt", "up/x.csv"]);
    // The slash may be left out.
    desk.prints(&["put", "-r", "data/", "/up2"]);
    let run = desk.run(&["get", "-r", "/up", "down/here"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), "lithops-lua: copied 2 objects, 5 B\n"));
    let mut told: Vec<&str> = run.out.lines().collect();
    told.sort_unstable();
    assert_eq!(told, ["down/here/deep/y.txt", "down/here/x.csv"]);
    assert_eq!((desk.read("down/here/x.csv"), desk.read("down/here/deep/y.txt")), ("x\n".into(), "yy\n".into()));
    desk.prints(&["get", "-q", "/up/**/*.txt", "texts"]);
    assert_eq!(desk.read("texts/deep/y.txt"), "yy\n");
    desk.prints(&["get", "/up/*.csv"]);
    assert_eq!(desk.read("x.csv"), "x\n");
    desk.run(&["get", "-r", "/nowhere/", "down"]).complains(1, &["there are no such objects (no_such_key)"]);
}

fn what_is_there_may_stay(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    desk.prints(&["put", "a.csv", "/k"]);
    let run = desk.run(&["put", "-n", "b.csv", "/k"]);
    run.fails(0, &format!("lithops-lua: {at}k is there already, and stays"));
    assert_eq!(desk.prints(&["get", "/k", "-"]), "1,2\n");
    assert_eq!(desk.prints(&["put", "-n", "b.csv", "/new"]), format!("{at}new\n"));
    let run = desk.run(&["get", "-n", "/k", "b.csv"]);
    run.fails(0, "lithops-lua: b.csv is there already, and stays");
    assert_eq!(desk.read("b.csv"), "3\n");
}

fn mistakes_are_told_in_a_sentence(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    let missing = at.replace(name_of(&at), "no-such-bucket-at-all");
    for args in [
        &["list", &missing][..],
        &["get", &format!("{missing}k"), "x"],
        &["put", "a.csv", &missing],
        &["delete", &format!("{missing}k")],
        &["delete", "-r", &missing, "--yes"],
        &["cp", "a.csv", &missing],
    ] {
        desk.run(args).complains(1, &["no-such-bucket-at-all", "there is no such bucket", "(no_such_bucket)"]);
    }
    desk.run(&["put", "nothing.csv"]).complains(1, &["read nothing.csv: there is no such file"]);
    desk.run(&["list", "Not_a_Bucket/"]).complains(1, &["(invalid_bucket)"]);
    desk.run(&["get", "/a/../b", "x"]).complains(1, &["(invalid_key)"]);
    desk.run(&["put", "a.csv", "ftp://host/a"]).complains(2, &["`ftp://host/a` is no address: write s3://BUCKET/KEY"]);
    desk.run(&["list", "/a["]).complains(2, &["is no pattern"]);
}

fn unusual_keys(place: &Place) {
    let desk = Desk::at(place);
    let at = desk.bucket();
    for key in ["sp ace", "é", "a[1]*", "q?x=1&y=%41", "plus+", "#"] {
        desk.prints(&[
            "put",
            "a.csv",
            &format!("/{}", key.replace('[', "[[]").replace('*', "[*]").replace('?', "[?]")),
        ]);
        assert_eq!(desk.keys(), [key]);
        // The address that is printed leads to the object.
        let address = desk.prints(&["list"]);
        let address = address.trim_end();
        assert!(address.starts_with(&at));
        assert_eq!(desk.prints(&["get", address, "-"]), "1,2\n", "{key}");
        assert_eq!(desk.prints(&["cp", address, &format!("{at}copy/")]).lines().count(), 1, "{key}");
        assert_eq!(desk.keys().len(), 2, "{key}");
        desk.prints(&["delete", address]);
        desk.prints(&["delete", "-r", "/copy/", "-y"]);
        assert_eq!(desk.keys(), [""; 0]);
    }
}

#[test]
fn what_a_terminal_would_obey_is_not_shown() {
    let place = Place::local();
    let desk = Desk::at(&place);
    desk.folder.write(".lithops/storage/lithops/a\x1b[31mb\nc", "");
    assert_eq!(desk.prints(&["list"]), "local://lithops/a\\u{1b}[[]31mb\\nc\n");
    assert_eq!(desk.keys(), ["a\x1b[31mb\nc"]);
}

#[test]
fn a_store_that_is_not_configured_is_told() {
    let folder = Folder::new();
    folder.write("a.csv", "");
    let run = |args: &[&str]| -> Run {
        let mut command = folder.command(args);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(std::process::Stdio::null()).output().unwrap().into()
    };
    for args in [
        &["storage", "list", "s3://bucket/"][..],
        &["storage", "put", "a.csv", "s3://bucket/"],
        &["--storage", "aws_s3", "storage", "list"],
        &["--storage", "aws_s3", "storage", "get", "bucket/key"],
    ] {
        run(args).complains(1, &["failed to open storage `aws_s3`", "region", "(wrong_region)"]);
    }
    let with_region =
        ["--region", "eu-west-1", "-o", "aws_s3.storage_bucket=bucket", "storage", "list", "s3://bucket/"];
    run(&with_region).complains(1, &["(credentials)"]);
    folder.write("bad.yaml", "lithops: {storage: nowhere}");
    run(&["--config", "bad.yaml", "storage", "list"]).complains(2, &["nowhere"]);
}
