use super::*;

/// How sure the detector is of what is set to the name that the text holds.
fn confidence(text: &str, path: &str) -> Option<Confidence> {
    let anchors = anchors();
    let lower = text.to_ascii_lowercase();
    let blob = Blob::new(text.as_bytes()).at(path);
    anchors
        .iter()
        .filter_map(|anchor| {
            let word = std::str::from_utf8(&anchor.literal).expect("anchors are text");
            let at = lower.find(word)?;
            examine(&blob, Span::new(at, at + word.len()))?.1.ok()
        })
        .max()
}

#[test]
fn human_passwords_count_where_the_context_is_clear() {
    for (text, path) in [
        ("db.user=shop\ndb.password=Summer2024!", "app.properties"),
        ("db.user=shop\ndb.password=sunshine", "app.properties"), // sluice:allow made up
        ("host: db\npassword: kestrel7", "prod.yml"),
        ("the default password is 'kestrel7'", "notes.txt"), // sluice:allow made up
        (
            "db_user = 'app'\ndb_password = 'har$bour'", // sluice:allow made up
            "settings.py",
        ),
        ("DB_HOST=db\nDB_PASSWORD=Kx9!vTq2", ".env"), // sluice:allow made up
        ("apiToken = 'q8Zr3kT1vNw5Yb2LmC7x'", "main.py"), // sluice:allow made up
        ("ENV['API_TOKEN'] || 'q8Zr3kT1vNw5Yb2LmC7x'", "main.rb"), // sluice:allow made up
        ("- name: DB_PASSWORD\n  value: q8Zr3kT1vN", "deploy.yaml"),
        (
            "\"adminPassword\": {\n  \"value\": \"q8Zr3kT1vN\"\n}", // sluice:allow made up
            "azuredeploy.parameters.json",
        ),
        (
            "options.SetClientId(\"a\")\n  .SetClientSecret(\"da6bed851b75e317bf6b2cb67013679d9467c122\")", // sluice:allow made up
            "Startup.cs",
        ),
        ("user: a\npassword: \"uq4895738!@#$%dfd\"", "main.yml"), // sluice:allow made up
        (
            "define CONFIG =\nencryption:\n  secret-key: 3ywuDa/Ec61VHkOX3RlI9gYq7CaD0mv0Pf3DHtAXA6U=", // sluice:allow made up
            "Makefile",
        ),
        (
            "'passwordSignerKey' => 'XyEKE9RcTDeLEsL/RjwPDBv/RqDl8fb3gpYEOQaPihbxf1ZA'", // sluice:allow made up
            "import.php",
        ),
        (
            r#"{"client_token": "5f2c1e4a-8b7d-4c3a-9e6f-0d1b2a3c4e5f"}"#, // sluice:allow made up
            "vault.json",
        ),
    ] {
        let found = confidence(text, path);
        assert!(found >= Some(Confidence::Probable), "{text}: {found:?}");
    }
}

#[test]
fn words_of_sentences_and_holes_in_strings_are_no_values() {
    for (text, path) in [
        (
            "basis = \"observed tokens: prefix ab_, then 20 letters\"",
            "a.toml",
        ),
        ("seen tokens: ab-12cd- and 20 letters", "a.toml"),
        ("let line = \"db_password = 'Kx{number}vTq2'\";", "a.rs"),
    ] {
        let found = confidence(text, path);
        assert!(found < Some(Confidence::Probable), "{text}: {found:?}");
    }
}

#[test]
fn what_stands_for_a_password_is_none() {
    for (text, path) in [
        ("password = 'changeme'", "main.py"),
        ("password: <YOUR_PASSWORD>", "prod.yml"),
        ("password = os.environ['DB_PASSWORD']", "main.py"),
        ("password: ${DB_PASSWORD}", "prod.yml"),
        ("password = get_password()", "main.py"),
        ("x = get_password(\"qzvkwjxmhtrb\")", "main.py"),
        ("password = \"%[3]s\"", "main.go"),
        ("secrets: inherit", "build.yml"),
        ("Pass = seeded users log in here", "notes.md"),
        ("password = 'my-secret-password'", "main.py"),
        ("password = 'p@ssw0rd1'", "main.py"),
        ("the password is 'secret'", "notes.txt"),
        ("\"js-tokens\": \"^4.0.0\"", "package.json"),
        ("\"password\": \"Bitte geben Sie es ein\"", "de.json"),
        ("password: 'sunshine'", "users_test.rb"),
        ("password_hash = '$2b$12$KIXQ8Zr3kT1vN'", "main.py"),
        ("password = '$2b$12$KIXQ8Zr3kT1vNw5Yb2Lm'", "main.py"),
        ("apt-key adv --recv-keys 40976EAF437D05B5", "a.sh"),
        ("secret_key_ref = 'a1b2c3d4e5f6'", "main.py"),
        ("public class AccessToken : IDisposable", "a.ps1"),
        (r#"["circle",{r:"3",key:"1v7zrd"}]"#, "icons.js"),
        (
            r#"{"ClientRequestToken": "5f2c1e4a-8b7d-4c3a-9e6f-0d1b2a3c4e5f"}"#,
            "examples-1.json",
        ),
        (
            r#"{"ClientToken": "5f2c1e4a-8b7d-4c3a-9e6f-0d1b2a3c4e5f"}"#,
            "examples-1.json",
        ),
        (
            r#"{"output_token": "ListedThingsMarker7b"}"#,
            "paginators-1.json",
        ),
        ("phase2=\"auth=MSCHAPV2 mschapv2_retry=0\"", "wpa.yml"),
        (
            "connectHost: https://token-broker-staging:8080",
            "store.yaml",
        ),
        (
            "key: \"339062b8-a5a1-4303-bf1d-b1920146a622\"",
            "secret.yaml",
        ),
        (
            "{ key: \"2082190357cfd3617ccfe04f340c6247\" }",
            "deploy.test.ts",
        ),
        (
            "tokenReg = `client_token\":\"s\\.([A-Za-z0-9]+)\"`",
            "a_test.go",
        ),
        ("secretAccessKey: \"wJal...YEKY\"", "a.md"),
        (
            "final var uploadToken = UUID.fromString(\"2ff20ad6-587c-4db6-8788-cca7a9b0dc1b\");",
            "A.java",
        ),
        (
            "echo \"##vso[variable=Job_Token;issecret=true;]$Job_Token\"",
            "a.yml",
        ),
        (
            "{\"user\": uid, \"password\": \"LDAP\", \"host\": h}",
            "a.py",
        ),
        (
            "echo $auth | sed -e 's/.*token\":\"\\(.*\\)\",.*/\\1/'",
            "import.md",
        ),
        ("cookieKey=\"CN_xid\"", "a.html"),
        (
            "[{key:\"getMinYMaxY\",value:function(){}}]", // sluice:allow made up
            "apexcharts.js",
        ),
        (
            "[![x](https://api.guards.io/v2/badges/211?token=66768ce8f6995814df81f65a2cff40f7)]",
            "README.md",
        ),
        ("  --shiki-token-constant: #79c0ff;", "global.css"),
        (
            "token:  \"GhUKEzE3NTE1NjYwMjUwMDAwMDAwMDA=\",",
            "zedtoken_test.go",
        ),
        ("<card :key=\"'prs'+s.id+':'+index\"/>", "Feed.vue"),
        (
            "<replace token=\"&lt;EmbeddedLDAP&gt;\" value=\"x\"/>",
            "pom.xml",
        ),
        ("json.pwdForms = pwdForms;", "a.jag"),
        ("POLICY_PASSWORD = \"UGFzc3dvcmQgUG9saWNpZXM\";", "A.java"),
        (
            "<property encrypted=\"true\" name=\"password\">kuv2MubUUveMyv6GeHrXr9il59ajJIqUI4eo</property>",
            "a.xml",
        ),
        (
            "security.keystorePasswd=oBjT92hIGRElIGOh||MZ6uYuWNBrOA6usq/Jt3DaD2e4otNirZDytac",
            "a.properties",
        ),
        (
            "security.keystorePasswd=oBjT92hIGRElIGOh||MZ6uYuWNBrOA6usq/Jt3DaD2e4otNirZDytac",
            "a.adoc",
        ),
        (
            "security.keystorePasswd.protected=aes/gcm/128",
            "a.properties",
        ),
        (
            "adduser --home /x --disabled-password --gecos \"a\" b",
            "init.sh",
        ),
        (
            "token: \"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\",",
            "overview.mdx",
        ),
        ("<IniFile Id=\"FFmpegPath\" Key=\"FFmpegPath\"/>", "a.wxs"),
        (
            "isImport = host == h && lineFirstToken == \"import\"",
            "a.go",
        ),
        ("PASSWORD: \"${ADMIN_PASSWORD:?error}\"", "minio.md"),
        (
            "String storedPassword = '$shiro1$SHA-256$500000$qvBT48YD2nz+w6FishMD+w==$KmYfTMAM5/iseXAux1GCZg5q'",
            "T.groovy",
        ),
        ("my_pass: 'md5d5e044ccd9b4b8adc89e8fed2eb0db8a'", "main.yml"),
        ("secret_hex == '6163636573735f746f6b656e'", "main.yml"),
        ("alicloud_access_key: \"--REMOVED--\"", "a.yml"),
        ("password = f(\"user-%d\")", "a.go"),
        ("user.setPasswordLabel(\"q8Zr3kT1vNw5Yb2LmC7x\")", "a.java"),
        (
            "options.setToken(\"q8Zr3kT1vNw5Yb2LmC7x\", token)",
            "a.java",
        ),
        ("generate-token: build7", "Makefile"),
        (
            concat!(
                "  Keeper = \"0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6\",\n",
                "  NordPass = \"b84e4048-15dc-4dd0-8640-f4f60813c8af\",\n",
                "  Sesame = \"891494da-2c90-4d31-a9cd-4eab0aed1309\",\n",
                "  Safe = \"d350af52-0351-4ba2-acd3-dfeeadc3f764\",\n",
            ),
            "brands.ts",
        ),
        (
            "'user' => 'sha512', 'password' => '4243da0a694e8a2f727c8060fe0507c8'",
            "import_test.php",
        ),
        ("password = '$P$Br387rwferoKN7uwHZqNMu98q3U8RO.'", "a.php"),
        (
            "[my key: openpgp4fpr:FED82F1C73FF53FB1EE9926336615E0FD12833CF]",
            "a.json",
        ),
        ("sessionKey: 'csrfToken'", "main.ts"),
        ("sourceKey: 'a.b[0].c', secret: 'x[0].y[1]'", "undot.ts"),
        ("\"previousToken\": \"prev_xyz789\"", "pages.py"),
        (
            "secret = \"hash:ed64b7695a606bc6ab4fcb41fe815b5d\"",
            "a.diff",
        ),
        ("const pass = yield* output.ask(\"Enter\")", "a.md"),
        (
            "password_characters: 'ascii_letters,digits,.-_~'",
            "main.yml",
        ),
        ("challenge_password = Oid('1.2.840.113549.1.9.7')", "a.py"),
        (
            "[![x](https://codecov.io/gh/a/b/graph/badge.svg?token=K3PQ8R2XZ7)]",
            "README.md",
        ),
        (
            "DbPassword: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf'",
            "stack.yaml",
        ),
    ] {
        let found = confidence(text, path);
        assert!(found < Some(Confidence::Probable), "{text}: {found:?}");
    }
}

#[test]
fn the_weighing_says_what_moved_it() {
    let text = "db.user=shop\ndb.password=Summer2024!";
    let blob = Blob::new(text.as_bytes()).at("app.properties");
    let start = text.find("db.password").expect("it is there");
    let weighing = weigh(&blob, Span::new(start, text.len())).expect("an assignment");
    assert!(weighing.probability() > 0.9, "{weighing}");
    let features = weighing.features();
    let has = |text| features.iter().any(|(what, _)| *what == text);
    assert!(has("the name is that of a password"));
    assert!(has("a user, a host or an address stands near"));
    assert!(features.is_sorted_by(|a, b| a.1.abs() >= b.1.abs()));
}
