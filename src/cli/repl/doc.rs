//! `.doc`: what the annotations say of a name.

use super::Session;
use super::complete::function_at;
use crate::luacats::{Item, library, terminal};

/// More items of the same name are listed, not described.
const MOST: usize = 3;
/// Characters of a line, which a terminal of the usual width has.
const WIDTH: usize = 80;

/// What is known of `name`; the error names the nearest one that is known.
pub fn of(session: &Session, name: &str) -> Result<String, String> {
    let mut found = library().find(name);
    if found.is_empty()
        && let Some(full) = function_at(session, name)
    {
        found = library().find(&full);
    }
    match found.as_slice() {
        [] => Err(match library().nearest(name) {
            Some(nearest) => format!("nothing is known of `{name}`; did you mean `{nearest}`?"),
            None => format!("nothing is known of `{name}`; `.doc lithops` is a good begin"),
        }),
        many if many.len() > MOST => {
            let names: String = many.iter().map(|item| format!("  {}\n", item.name())).collect();
            Ok(format!("`{name}` may be\n{names}"))
        }
        few => {
            let texts: Vec<String> =
                few.iter().map(|item: &&Item| terminal::describe(library(), item, WIDTH)).collect();
            Ok(texts.join("\n"))
        }
    }
}
