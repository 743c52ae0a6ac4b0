//! A configuration file to start from, made from the schema: every key with its meaning and its default.

use std::fmt::Write;

use super::find::Environment;
use super::rule::Rule;
use super::schema::{ALIASES, BACKENDS, Default, Key, SECTIONS};

const HEAD: &str = "\
# The configuration of lithops-lua; it is that of Lithops, too. Keys behind `#` have the value that is shown, or none.
#
# The three most common:
#
# - This machine: nothing has to be set.
#
# - AWS Lambda, with S3. `lithops-lua aws template` makes role and bucket, `lithops-lua doctor` says what is missing.
#     lithops: {backend: aws_lambda}
#     aws: {region: eu-west-1}
#     aws_lambda: {execution_role: 'arn:aws:iam::123456789012:role/lithops-lua-eu-west-1'}
#
# - This machine, with data on S3, or on another server that speaks it.
#     lithops: {storage: aws_s3}
#     aws: {region: eu-west-1}
#     aws_s3: {storage_bucket: my-data, endpoint_url: 'http://localhost:9000'}
";
/// What has to be replaced in a file for AWS.
const PLACEHOLDERS: &[(&str, &str, &str)] = &[
    ("aws", "region", "eu-west-1"),
    ("aws_lambda", "execution_role", "arn:aws:iam::123456789012:role/lithops-lua-eu-west-1"),
];

/// The backends that a template is made for.
pub fn template_backends() -> impl Iterator<Item = &'static str> {
    BACKENDS.iter().map(|(name, _)| *name)
}

/// The text of a configuration file for `backend`.
pub fn template(backend: &str) -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        // Writing to a string never fails.
        let _ = write!(text, "\n{}:\n", section.name);
        let other_name = |key: &Key| ALIASES.iter().any(|(of, _, other)| *of == section.name && *other == key.name);
        for key in section.keys.iter().filter(|key| !matches!(key.rule, Rule::Foreign(_)) && !other_name(key)) {
            let given = given(backend, section.name, key.name);
            describe(&mut text, key, "  ", given);
        }
    }
    text
}

/// What a file for this backend sets.
fn given(backend: &str, section: &str, key: &str) -> Option<&'static str> {
    if section == "lithops" && key == "backend" {
        return BACKENDS.iter().map(|(name, _)| *name).find(|name| *name == backend);
    }
    let is_placeholder = |placeholder: &&(&str, &str, &str)| (placeholder.0, placeholder.1) == (section, key);
    PLACEHOLDERS.iter().filter(|_| backend == "aws_lambda").find(is_placeholder).map(|placeholder| placeholder.2)
}

fn describe(text: &mut String, key: &Key, indent: &str, given: Option<&str>) {
    let _ = writeln!(text, "{indent}# {} ({})", key.doc.trim_end_matches('.'), key.rule.expected());
    match (given, default(key)) {
        (Some(value), _) => drop(writeln!(text, "{indent}{}: {value}", key.name)),
        (None, Some(value)) => drop(writeln!(text, "{indent}# {}: {value}", key.name)),
        (None, None) => drop(writeln!(text, "{indent}# {}:", key.name)),
    }
    if let Rule::Table(keys) | Rule::Tables(keys) = key.rule {
        for key in keys {
            let _ = writeln!(text, "{indent}#   {}: {}", key.name, key.doc.trim_end_matches('.'));
        }
    }
}

/// The default as it would be written; none where there is none, or it depends on the machine or on other keys.
fn default(key: &Key) -> Option<String> {
    match key.default {
        Default::Machine(_) | Default::Follows(..) => None,
        ref default => {
            let value = default.value(&Environment::of_process());
            (!value.is_null()).then(|| value.to_string().trim_matches('"').to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_it_with_its_meaning() {
        for backend in template_backends() {
            let text = template(backend);
            for section in SECTIONS {
                assert!(text.contains(&format!("\n{}:\n", section.name)));
                for key in section.keys.iter().filter(|key| !matches!(key.rule, Rule::Foreign(_))) {
                    // The other name of a key is left out.
                    if !ALIASES.iter().any(|(of, _, other)| (*of, *other) == (section.name, key.name)) {
                        assert!(text.contains(&format!(" {}:", key.name)), "{}", key.name);
                        assert!(text.contains(key.doc.trim_end_matches('.')), "{}", key.name);
                    }
                }
            }
        }
        assert!(template("aws_lambda").contains("\n  execution_role: arn:"));
        assert!(template("localhost").contains("\n  # execution_role:\n"));
    }
}
