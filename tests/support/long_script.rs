//! A script as people write them, as long as one wants.

/// Functions that count and report, and jobs that run them: `check` has nothing to say of it.
const PART: &str = r#"
-- Counts the words of part NUMBER.
function steps.count_NUMBER(text, options)
  local counts, longest = {}, ""
  for word in text:lower():gmatch("%a+") do
    counts[word] = (counts[word] or 0) + settings.scale
    if #word > #longest then
      longest = word
    end
  end
  return { number = NUMBER, counts = counts, longest = longest, name = options and options.name or settings.name }
end

function steps.report_NUMBER(texts)
  local futures = lithops.map(steps.count_NUMBER, texts, { chunksize = 4 })
  for number, result in ipairs(lithops.get_result(futures)) do
    print(number, result.longest, json.encode(result.counts), math.floor(number / 2) + NUMBER)
  end
end
"#;

/// At least so many lines of it.
pub fn long_script(lines: usize) -> String {
    let mut script = String::from(
        "local json = require \"json\"\nlocal settings = { scale = 2, name = \"all\" }\nlocal steps = {}\n",
    );
    for number in 0..lines.div_ceil(PART.lines().count()) {
        script.push_str(&PART.replace("NUMBER", &number.to_string()));
    }
    script
}
