//! `base64`.

use crate::jobs::passes;

#[test]
fn bytes_become_text_and_back() {
    passes(
        r#"
        local base64 = require "base64"
        -- RFC 4648, section 10.
        for text, encoded in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=" } do
          same(base64.encode(text), encoded)
          same(base64.decode(encoded), text)
          same(base64.decode((encoded:gsub("=", ""))), text)
        end
        same(base64.encode("\251\255"), "+/8=")
        same(base64.encode("\251\255", { url_safe = true }), "-_8")
        same(base64.decode("-_8=", { url_safe = true }), "\251\255")
        same(base64.decode("Zm9v\nYmFy\r\n"), "foobar")
        "#,
    );
}

#[test]
fn what_is_no_base64_is_told() {
    passes(
        r#"
        local base64 = require "base64"
        for text, expected in pairs {
          ["a*b"] = "not base64: '*' at line 1 column 2",
          ["Zm9v\r\nYm!y"] = "not base64: '!' at line 2 column 3",
          ["Zm9v\195\169AA"] = "not base64: 'é' at line 1 column 5",
          [" \255AAA"] = "not base64: the byte 0xff at line 1 column 2",
          ["Zg==Zg=="] = "not base64: '=' at line 1 column 3",
          ["Z h=="] = "not base64: 'h' at line 1 column 3 has bits that belong to no byte",
          ["Zm9vY"] = "not base64: the last group of four letters has only one",
        } do
          local nothing, err = base64.decode(text)
          same(nothing, nil)
          same(err, expected)
        end
        raises("unknown option `urlsafe`; did you mean `url_safe`?", base64.encode, "x", { urlsafe = true })
        raises("bad argument #1 to 'encode' (string expected, got no value)", base64.encode)
        "#,
    );
}
