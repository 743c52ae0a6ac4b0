--- The texts of usage and help.
local wrap = require "argparse.wrap"

local help = {}

--- The least width that is left for descriptions, in letters.
local LEAST_WIDTH = 10

-- Whether usage shows an element in brackets.
local function may_lack(option)
  return option._mincount == 0 or option._default ~= nil
end

local function option_usage(option)
  local values = option:_values_usage()
  return option._aliases[1] .. (values == "" and "" or " " .. values)
end

-- The words of usage, each of which stays in a line.
local function usage_words(parser)
  local words, in_mutex = {}, {}
  for _, mutex in ipairs(parser._mutexes) do
    local parts = {}
    for _, element in ipairs(mutex) do
      in_mutex[element] = mutex
      if element._is_option and not element._hidden then
        parts[#parts + 1] = option_usage(element)
      end
    end
    mutex.usage = #parts > 0 and "[" .. table.concat(parts, " | ") .. "]" or nil
  end
  local shown = {}
  for _, option in ipairs(parser._options) do
    local mutex = in_mutex[option]
    if mutex then
      words[#words + 1] = not shown[mutex] and mutex.usage or nil
      shown[mutex] = true
    elseif not option._hidden then
      local text = option_usage(option)
      words[#words + 1] = may_lack(option) and "[" .. text .. "]" or text
    end
  end
  for _, argument in ipairs(parser._arguments) do
    if not argument._hidden then
      local text = argument:_values_usage()
      words[#words + 1] = argument._default ~= nil and argument._minargs > 0 and "[" .. text .. "]" or text
    end
  end
  if #parser._commands > 0 then
    local text = parser._require_command == false and "[<command>]" or "<command>"
    words[#words + 1] = text .. " ..."
  end
  return words
end

--- `Usage: name [-h] <input>`, broken into lines.
function help.usage(parser)
  if parser._usage then
    return parser._usage
  end
  local lines, line = {}, "Usage: " .. parser:_full_name()
  local margin = (" "):rep(parser:_inherited("usage_margin", 7))
  local width = parser:_inherited("usage_max_width", 70)
  for _, word in ipairs(usage_words(parser)) do
    if #line + 1 + #word > width and line ~= margin then
      lines[#lines + 1] = line
      line = margin .. word
    else
      line = line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end

local function left_of(element)
  if element._commands then
    return table.concat(element._aliases, ", ")
  elseif element._is_option then
    local values = element:_values_usage()
    return table.concat(element._aliases, ", ") .. (values == "" and "" or " " .. values)
  end
  return element:_value_name(1)
end

local function right_of(element)
  local text = element._summary or element._description or ""
  local default = element._default
  if (type(default) == "string" or type(default) == "number") and element._show_default ~= false then
    text = text .. (text == "" and "" or " ") .. ("(default: %s)"):format(default)
  end
  return text
end

local function line_of(parser, element)
  local margin = parser:_inherited("help_description_margin", 25)
  local left = (" "):rep(parser:_inherited("help_usage_margin", 3)) .. left_of(element)
  local width = parser:_inherited("help_max_width")
  local lines = wrap(right_of(element), width and math.max(width - margin, LEAST_WIDTH))
  local right = table.concat(lines, "\n" .. (" "):rep(margin)):gsub("\n +\n", "\n\n")
  if right == "" then
    return left
  elseif #left + 2 > margin then
    return left .. "\n" .. (" "):rep(margin) .. right
  end
  return left .. (" "):rep((margin - #left) --[[@as integer]]) .. right
end

local function put_group(parser, out, title, elements, done)
  local lines = {}
  for _, element in ipairs(elements) do
    if not element._hidden and not done[element] then
      done[element] = true
      lines[#lines + 1] = line_of(parser, element)
    end
  end
  if #lines > 0 then
    local space = ("\n"):rep(1 + parser:_inherited("help_vertical_space", 0))
    out[#out + 1] = title .. ":" .. space .. table.concat(lines, space)
  end
end

-- The description or the epilog of a parser.
local function paragraph(parser, text)
  return text and table.concat(wrap(text, parser:_inherited("help_max_width")), "\n")
end

--- All of the help.
function help.text(parser)
  if parser._help then
    return parser._help
  end
  local out, done = { help.usage(parser) }, {}
  out[#out + 1] = paragraph(parser, parser._description)
  for _, group in ipairs(parser._groups) do
    put_group(parser, out, group.name, group, done)
  end
  put_group(parser, out, "Arguments", parser._arguments, done)
  put_group(parser, out, "Options", parser._options, done)
  put_group(parser, out, "Commands", parser._commands, done)
  out[#out + 1] = paragraph(parser, parser._epilog)
  return table.concat(out, "\n\n")
end

return help
