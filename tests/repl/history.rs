use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::support::Folder;
use crate::terminal::{CTRL_D, RIGHT, UP};
use crate::{prompt_in, prompt_on_full_disk, prompt_with};

fn file(folder: &Folder) -> PathBuf {
    folder.path().join(".local/state/lithops-lua/history")
}

#[test]
fn chunks_are_there_in_the_next_session() {
    let folder = Folder::new();
    let mut terminal = prompt_in(&folder);
    let mark = terminal.mark();
    terminal.send("x = {\r1 }\r");
    terminal.next_prompt(mark);
    terminal.run(" secret = 1");
    terminal.run("y = 2");
    terminal.run("y = 2");
    terminal.send(CTRL_D);
    assert_eq!(terminal.end(), Some(0));
    assert_eq!(fs::read_to_string(file(&folder)).unwrap(), "#V2\nx = {\\n1 }\ny = 2\n");
    assert_eq!(fs::metadata(file(&folder)).unwrap().permissions().mode() & 0o777, 0o600);

    let terminal = prompt_in(&folder);
    terminal.send(UP);
    terminal.wait_for_line("> y = 2");
    terminal.send(UP);
    terminal.wait_for_line("1 }");
    terminal.send("\r");
    terminal.wait_until(|screen| screen.trim_end().ends_with("\n>"));
    assert_eq!(terminal.run("x[1]"), "1");
}

#[test]
fn the_state_folder_may_be_elsewhere() {
    let folder = Folder::new();
    let state = folder.path().join("state");
    let terminal = prompt_with(&folder, &[], &[("XDG_STATE_HOME", state.to_str().unwrap())]);
    terminal.run("x = 1");
    assert!(state.join("lithops-lua/history").exists() && !file(&folder).exists());
}

#[test]
fn prompts_side_by_side_lose_nothing() {
    let folder = Folder::new();
    let (first, second) = (prompt_in(&folder), prompt_in(&folder));
    for i in 0..5 {
        first.run(&format!("a = {i}"));
        second.run(&format!("b = {i}"));
    }
    let kept = fs::read_to_string(file(&folder)).unwrap();
    let mut lines: Vec<&str> = kept.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a = 0", "a = 1", "a = 2", "a = 3", "a = 4", "b = 0", "b = 1", "b = 2", "b = 3", "b = 4"]);
}

#[test]
fn a_file_that_is_no_history_is_set_aside() {
    let contents: [&[u8]; 4] = [b"#V9\nx\n", b"\x00\xff garbage", b"#V2\n\xff\xfe\n", b"print(1)\n"];
    for content in contents {
        let folder = Folder::new();
        folder.write(".local/state/lithops-lua/history", content);
        let terminal = prompt_in(&folder);
        terminal.wait_for("is no history of this version; it is");
        assert_eq!(terminal.run("1"), "1");
        assert_eq!(fs::read(file(&folder).with_extension("old")).unwrap(), content);
        assert_eq!(fs::read(file(&folder)).unwrap(), b"#V2\n1\n");
    }
    let folder = Folder::new();
    fs::create_dir_all(file(&folder)).unwrap();
    let terminal = prompt_in(&folder);
    terminal.wait_for("is no file; it is");
    assert_eq!(terminal.run("1"), "1");
}

#[test]
fn a_home_that_cannot_be_written_is_no_error() {
    for home in ["/proc/none", "/dev/null"] {
        let folder = Folder::new();
        let terminal = prompt_with(&folder, &[], &[("HOME", home)]);
        assert_eq!(terminal.run("1 + 1"), "2");
        terminal.send(UP);
        terminal.wait_for_line("> 1 + 1");
        assert!(!terminal.screen().contains("history"), "{}", terminal.screen());
        let terminal = prompt_with(&folder, &["-v"], &[("HOME", home)]);
        terminal.run("1 + 1");
        terminal.wait_for("the history is not kept");
    }
    // Who may write anywhere writes here, too.
    let folder = Folder::new();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
    assert_eq!(prompt_in(&folder).run("1 + 1"), "2");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_full_disk_loses_nothing_of_the_history() {
    // One that is short, and one of which the oldest entries would have to make room.
    for entries in [300, 5000] {
        let folder = Folder::new();
        let lines: String = (0..entries).map(|i| format!("x = {i}\n")).collect();
        let before = format!("#V2\n{lines}");
        folder.write(".local/state/lithops-lua/history", &before);
        let terminal = prompt_on_full_disk(&folder, 2);
        assert_eq!(terminal.run("1 + 1"), "2");
        // Another prompt has written meanwhile.
        fs::File::options().append(true).open(file(&folder)).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(terminal.run("2 + 2"), "4");
        terminal.send(UP);
        terminal.wait_for_line("> 2 + 2");
        assert_eq!(fs::read_to_string(file(&folder)).unwrap(), before);
    }
}

#[test]
fn a_chunk_that_does_not_fit_leaves_no_half() {
    let folder = Folder::new();
    folder.write(".local/state/lithops-lua/history", "#V2\nold = 1\n");
    let terminal = prompt_on_full_disk(&folder, 1);
    terminal.run(&format!("x = '{}'", "é".repeat(600)));
    terminal.run("short = 1");
    assert_eq!(fs::read_to_string(file(&folder)).unwrap(), "#V2\nold = 1\nshort = 1\n");
}

#[test]
fn a_link_to_a_device_keeps_none() {
    let folder = Folder::new();
    fs::create_dir_all(file(&folder).parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/null", file(&folder)).unwrap();
    let terminal = prompt_in(&folder);
    assert_eq!(terminal.run("1 + 1"), "2");
    terminal.send(UP);
    terminal.wait_for_line("> 1 + 1");
    assert!(!terminal.screen().contains("history"), "{}", terminal.screen());
    assert_eq!(fs::read_link(file(&folder)).unwrap(), PathBuf::from("/dev/null"));
    assert!(!file(&folder).with_extension("old").exists());
}

#[test]
fn what_was_set_aside_before_stays() {
    let folder = Folder::new();
    folder.write(".local/state/lithops-lua/history", "garbage");
    folder.write(".local/state/lithops-lua/history.old", "older");
    let terminal = prompt_in(&folder);
    terminal.wait_for("the history is not kept");
    assert_eq!(terminal.run("1"), "1");
    assert_eq!(fs::read_to_string(file(&folder)).unwrap(), "garbage");
    assert_eq!(fs::read_to_string(file(&folder).with_extension("old")).unwrap(), "older");
}

#[test]
fn what_was_typed_before_is_suggested() {
    let folder = Folder::new();
    let terminal = prompt_in(&folder);
    terminal.run("print('once upon a time')");
    let mark = terminal.mark();
    terminal.send("print('on");
    terminal.wait_for_line("> print('once upon a time')");
    terminal.wait_for_bytes("\x1b[90mce upon a time')\x1b[0m");
    terminal.send(RIGHT);
    terminal.send("\r");
    assert_eq!(terminal.next_prompt(mark), "once upon a time");
}

#[test]
fn old_chunks_make_room() {
    let folder = Folder::new();
    let lines: String = (0..5000).map(|i| format!("x = {i}\n")).collect();
    folder.write(".local/state/lithops-lua/history", format!("#V2\n{lines}"));
    prompt_in(&folder).run("newest = 1");
    let kept = fs::read_to_string(file(&folder)).unwrap();
    assert!(kept.starts_with("#V2\nx = 2000\n") && kept.ends_with("x = 4999\nnewest = 1\n"));
    assert_eq!(fs::read_dir(file(&folder).parent().unwrap()).unwrap().count(), 1);
}
