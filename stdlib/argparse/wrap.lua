--- Breaks texts of help into lines.

-- Letters, not bytes.
local function width_of(text)
  return select(2, text:gsub("[^\128-\191]", ""))
end

-- What further lines of a broken line begin with: its own indent, and that of the text behind the mark of a list.
local function indent_of(line)
  local indent, mark = line:match("^( *)([*+-]? *)")
  return indent .. (mark:find("^[*+-] ") and (" "):rep(#mark) or "")
end

local function put_line(lines, line, width)
  local indent, text = indent_of(line), ""
  for gap, word in line:gmatch("( *)([^ ]+)") do
    if text:find("[^ ]") and width_of(text) + #gap + width_of(word) > width then
      lines[#lines + 1] = text
      text = indent .. word
    else
      text = text .. gap .. word
    end
  end
  lines[#lines + 1] = text
end

--- The lines of a text. Those that are wider than `width`, if it is given, are broken between words.
---@param text string
---@param width number?
---@return string[] lines
return function(text, width)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("([^\n]*)\n") do
    if width then
      put_line(lines, line, width)
    else
      lines[#lines + 1] = line
    end
  end
  return lines
end
