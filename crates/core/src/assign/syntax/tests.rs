use super::*;

/// The value after the first of the anchor words `pass` or `token` in the text.
fn value<'t>(text: &'t str, path: &str) -> Option<(&'t str, Operator)> {
    let (at, word) = ["pass", "token", "PASS", "Pass"]
        .iter()
        .find_map(|w| text.find(w).map(|at| (at, w)))
        .expect("an anchor word");
    let name = crate::assign::name::around(text.as_bytes(), Span::new(at, at + word.len()));
    let found = read(text.as_bytes(), name, FileKind::of(Some(path)))?;
    Some((&text[found.value.start..found.value.end], found.operator))
}

#[test]
fn values_are_read_in_every_form() {
    use Operator::{Argument, Compare, Element, Set};
    for (text, path, expected) in [
        (r#"password = "a b""#, "a.py", Some(("a b", Set))),
        (r#"{"password": "x1"}"#, "a.json", Some(("x1", Set))),
        (r#"let password: &str = "x1";"#, "a.rs", Some(("x1", Set))),
        (r#"var password string = "x1""#, "a.go", Some(("x1", Set))),
        (r#"password := "x1""#, "a.go", Some(("x1", Set))),
        ("password: x1 # note", "a.yml", Some(("x1", Set))),
        ("DB_PASSWORD=x1", ".env", Some(("x1", Set))),
        ("--password x1 --host h", "a.sh", Some(("x1", Set))),
        ("<password>x1</password>", "a.xml", Some(("x1", Element))),
        (
            r#"<add key="Password" value="x1"/>"#,
            "a.config",
            Some(("x1", Set)),
        ),
        (r#"set("password", "x1")"#, "a.java", Some(("x1", Argument))),
        (r#"setPassword("x1")"#, "a.java", Some(("x1", Argument))),
        (r#"if password == "x1":"#, "a.py", Some(("x1", Compare))),
        ("IDENTIFIED BY PASSWORD 'x1'", "a.sql", Some(("x1", Set))),
        ("the token - 'x1'", "a.txt", Some(("x1", Set))),
        ("token ::= 'x1'", "Makefile", Some(("x1", Set))),
        ("<token>\n  x1\n</token>", "a.xml", Some(("x1", Element))),
        (r#"{\"password\": \"x1\"}"#, "a.py", Some(("x1", Set))),
        (
            "\"token\": {\n  \"value\": \"x1\"\n}",
            "a.json",
            Some(("x1", Set)),
        ),
        (r#""token": {"type": "x1"}"#, "a.js", None),
        (r#"<diagram name="token" id="x1">"#, "a.drawio", None),
        (r#"<cell style="icon=token" parent="x1">"#, "a.drawio", None),
        (r#"config['password'] = 'x1'"#, "a.py", Some(("x1", Set))),
        ("password =\n    'x1'", "a.py", Some(("x1", Set))),
        ("pass=x1;database=d", "a.yml", Some(("x1", Set))),
        (
            "k.password=${KEY_PASS:x1}",
            "a.properties",
            Some(("${KEY_PASS:x1}", Set)),
        ),
        ("k.word=${KEY_PASS:x1}", "a.properties", Some(("x1", Set))),
        ("char password[] = \"x1\";", "a.c", Some(("x1", Set))),
        ("(?<token>[a-z]{3})", "a.toml", None),
        ("x=$PASS owner=x1", "a.sh", None),
        ("'via' => 'by-password',\n 'mode' => 'x1'", "a.php", None),
        ("<![CDATA[pass=x1]]>", "a.xml", Some(("x1", Set))),
        (
            r#"x = "\"auth://u?token=x1\"";"#,
            "a.java",
            Some(("x1", Set)),
        ),
        (r"password = x1\nport = 1", "a.txt", Some(("x1", Set))),
        ("x.split('token=')[1].split('&')", "a.js", None),
        ("password = get()", "a.py", None),
        (r#"n(x?"password":"x1")"#, "a.js", None),
        (r#"input[type="password"]:focus,"#, "a.css", None),
        (r#"map["password"]="x1""#, "a.js", Some(("x1", Set))),
        (
            "password: \"${DB_PASSWORD:?x1}\"",
            "a.md",
            Some(("${DB_PASSWORD:?x1}", Set)),
        ),
        ("password: |\n  x1\nport: 1", "a.yml", Some(("x1", Set))),
        ("  password: >-\n    x1", "a.yml", Some(("x1", Set))),
        ("password: |\n  x1\n  x2\n", "a.yml", Some(("|", Set))),
        ("password: |\n  it is x1\n", "a.yml", Some(("|", Set))),
        ("password: |\nx1\n", "a.yml", Some(("|", Set))),
        ("$token .= 'x1'", "a.php", Some(("x1", Set))),
        ("password: String,", "a.rs", None),
        ("the password is lost", "a.md", None),
        (r#"password = "unfinished"#, "a.py", None),
    ] {
        assert_eq!(value(text, path), expected, "{text}");
    }
}
