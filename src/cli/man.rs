//! The manual page: one page with all commands, from the definition of the command line.

use clap::{Arg, Command, CommandFactory};
use roff::{Inline, Roff, bold, italic, roman};

use super::exit::Exit;
use super::low_args::LowArgs;
use super::run::print;

const NAME: &str = "lithops-lua";
/// Stands for the date, which may be empty in a page, but not in what writes it.
const NO_DATE: &str = " NO-DATE ";
/// What is there by itself.
const FILES: &[(&str, &str)] = &[
    (
        "./.lithops_config, ~/.lithops/config, /etc/lithops/config",
        "The configuration, unless it is named: the first that is there",
    ),
    ("~/.lithops/storage", "Objects of the storage of this machine, unless `localhost.storage_root` says otherwise"),
    ("~/.local/state/lithops-lua/jobs", "What `job list` knows"),
    ("~/.local/state/lithops-lua/history", "The lines that were typed at the prompt"),
    ("./lua_modules", "Modules that `require` finds, as `luarocks install --tree lua_modules` puts them there"),
];

/// Prints the page.
pub fn print_page() -> Exit {
    print(&page())
}

fn page() -> String {
    let mut command = LowArgs::command();
    command.build();
    let mut roff = Roff::new();
    let version = format!("{NAME} {}", env!("CARGO_PKG_VERSION"));
    roff.control("TH", [NAME.to_uppercase().as_str(), "1", NO_DATE.trim(), version.as_str(), "User Commands"]);
    // Text that is filled to both margins is hard to read beside code.
    roff.control("ad", ["l"]);
    section(&mut roff, "Name");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    roff.text([roman(format!("{NAME} - {}", about.trim_end_matches('.')))]);
    section(&mut roff, "Synopsis");
    usage(&mut roff, &mut command);
    section(&mut roff, "Options");
    options(&mut roff, command.get_arguments());
    section(&mut roff, "Commands");
    for sub in command.get_subcommands_mut() {
        describe(&mut roff, sub);
    }
    if let Some(text) = command.get_after_help() {
        prose(&mut roff, &text.to_string(), section);
    }
    section(&mut roff, "Files");
    for (path, meaning) in FILES {
        roff.control("TP", []);
        roff.text([bold(*path)]);
        roff.text([roman(*meaning)]);
    }
    in_ascii(&roff.render().replacen(NO_DATE, " \"\" ", 1))
}

/// Readers of manual pages need not know the encoding of this one.
fn in_ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) }).collect()
}

fn section(roff: &mut Roff, name: &str) {
    roff.control("SH", [if name == "Exit codes" { "EXIT STATUS".into() } else { name.to_uppercase() }.as_str()]);
}

fn subheading(roff: &mut Roff, name: &str) {
    roff.control("PP", []);
    roff.text([italic(format!("{name}:"))]);
}

/// A command, then those below it.
fn describe(roff: &mut Roff, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    roff.control("SS", [name.as_str()]);
    if command.has_subcommands() {
        if let Some(about) = command.get_about() {
            roff.text([roman(format!("{about}."))]);
        }
    } else {
        usage(roff, command);
        if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
            roff.control("PP", []);
            roff.text([roman(format!("{}.", about.to_string().trim_end_matches('.')))]);
        }
    }
    let is_own = |arg: &&Arg| !arg.is_global_set() && arg.get_id() != "help";
    options(roff, command.get_arguments().filter(is_own));
    if let Some(text) = command.get_after_help() {
        prose(roff, &text.to_string(), subheading);
    }
    for sub in command.get_subcommands_mut() {
        describe(roff, sub);
    }
}

/// Each form of a command on a line of its own.
fn usage(roff: &mut Roff, command: &mut Command) {
    let text = command.render_usage().to_string();
    let forms = text.trim_start_matches("Usage:").lines().map(str::trim).filter(|form| !form.is_empty());
    for (number, form) in forms.enumerate() {
        if number > 0 {
            roff.control("br", []);
        }
        roff.text([bold(form)]);
    }
}

fn options<'a>(roff: &mut Roff, args: impl Iterator<Item = &'a Arg>) {
    for arg in args.filter(|arg| !arg.is_hide_set()) {
        roff.control("TP", []);
        roff.text(names(arg));
        let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let mut help = if help.is_empty() { help } else { format!("{}.", help.trim_end_matches('.')) };
        let values: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if arg.get_action().takes_values() && !values.is_empty() {
            help.push_str(&format!(" One of: {}.", values.join(", ")));
        }
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if arg.get_action().takes_values() && !defaults.is_empty() {
            help.push_str(&format!(" Default: {}.", defaults.join(" ")));
        }
        roff.text([roman(help)]);
    }
}

/// `-r, --recursive`, `--config FILE`, `FILE...`.
fn names(arg: &Arg) -> Vec<Inline> {
    let value = arg.get_value_names().unwrap_or_default().join(" ");
    if arg.is_positional() {
        return vec![italic(value)];
    }
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let mut inlines = vec![bold(short.into_iter().chain(long).collect::<Vec<_>>().join(", "))];
    if arg.get_action().takes_values() {
        inlines.extend([roman(" "), italic(value)]);
    }
    inlines
}

/// What is below the options of a help: headings, indented lines that stay as they are, and sentences.
fn prose(roff: &mut Roff, text: &str, heading: fn(&mut Roff, &str)) {
    let mut lines = text.lines().peekable();
    let mut is_verbatim = false;
    while let Some(line) = lines.next() {
        let is_indented = line.starts_with("  ");
        if is_verbatim && !is_indented {
            roff.control("fi", []);
            roff.control("RE", []);
            is_verbatim = false;
        }
        let heads = lines.peek().is_some_and(|next| next.starts_with("  "));
        match line.strip_suffix(':') {
            // A heading makes a paragraph by itself.
            _ if line.trim().is_empty() => {
                if lines.peek().is_some_and(|next| !next.ends_with(':')) {
                    roff.control("PP", []);
                }
            }
            Some(name) if heads && !is_indented => heading(roff, name),
            _ if is_indented => {
                if !is_verbatim {
                    roff.control("RS", ["2"]);
                    roff.control("nf", []);
                    is_verbatim = true;
                }
                roff.text([roman(line.get(2..).unwrap_or_default())]);
            }
            _ => drop(roff.text([roman(line)])),
        }
    }
    if is_verbatim {
        roff.control("fi", []);
        roff.control("RE", []);
    }
}
