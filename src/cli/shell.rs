//! What shells read: completions, from the definition of the command line, and around them what it cannot say of scripts.

use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;

use super::exit::Exit;
use super::low_args::LowArgs;
use super::run::print;

const NAME: &str = "lithops-lua";
/// In front of what is made for bash, as the function that completes. `VALUED` are options with a value, `COMMANDS` all commands.
const BASH: &str = include_str!("shell/front.bash");

/// Prints the completion script of `shell`.
pub fn completions(shell: Shell) -> Exit {
    print(&script(shell))
}

fn script(shell: Shell) -> String {
    let mut command = LowArgs::command();
    if shell != Shell::Bash {
        command = without_script(command);
    }
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, NAME, &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    match shell {
        Shell::Bash => with_scripts_in_bash(&text),
        Shell::Zsh => with_scripts_in_zsh(&text),
        // Files beside the commands.
        Shell::Fish => text + "complete -c lithops-lua -n \"__fish_lithops_lua_needs_command\" -F\n",
        _ => text,
    }
}

/// The same command line without the script: what is made for a rest of arguments beside commands is wrong in zsh, and other shells
/// propose files by themselves.
fn without_script(command: Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let args: Vec<Arg> = command.get_arguments().filter(|arg| arg.get_id() != "script").cloned().collect();
    let args = args.into_iter().map(|arg| if arg.get_id() == "execute" { code_alone() } else { arg });
    let subcommands: Vec<Command> =
        command.get_subcommands().map(|command| command.clone().disable_help_subcommand(true)).collect();
    Command::new(NAME)
        .disable_help_subcommand(true)
        .about(about)
        .version(env!("CARGO_PKG_VERSION"))
        .args(args)
        .subcommands(subcommands)
}

/// `-e` with its code, and nothing of what follows.
fn code_alone() -> Arg {
    Arg::new("execute").short('e').value_name("CODE").help("Run this code instead of a file")
}

fn with_scripts_in_bash(text: &str) -> String {
    let command = LowArgs::command();
    let valued: Vec<String> = command
        .get_arguments()
        .filter(|arg| arg.get_action().takes_values() && arg.get_id() != "execute")
        .flat_map(|arg| {
            let long = arg.get_long().map(|long| format!("--{long}"));
            long.into_iter().chain(arg.get_short().map(|short| format!("-{short}")))
        })
        .collect();
    let commands: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    // Its last lines say which function completes. The `-` of the name is told in two ways in it, which then do not meet.
    let functions = text.split("\nif [[ \"${BASH_VERSINFO[0]}\"").next().unwrap_or(text);
    let functions = functions.replace("lithops__subcmd__lua", "lithops__lua");
    let front = BASH.replace("VALUED", &valued.join("|")).replace("COMMANDS", &commands.join("|"));
    format!("{functions}\n{front}")
}

/// Files beside the commands, and behind what is none.
fn with_scripts_in_zsh(text: &str) -> String {
    let commands = "_describe -t commands 'lithops-lua commands' commands \"$@\"";
    text.replacen(commands, &format!("{commands}\n    _files"), 1)
}
