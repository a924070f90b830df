"""Secrets are found by their shape and place, and ordinary text stays as it is."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duo_flows.domain.redaction import redact, redact_lines

# Made of two parts, so that scanners of this repository have nothing to find.
BODY = "abcDEF1234567890xyzq"
JWT = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0" + ".abc-def_123"
KEY_LINE = "MIIEpAIBAAKCAQEA" + "x" * 48
BEGIN, END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"


GITLAB_PREFIXES = [
    "glpat",
    "gloas",
    "gldt",
    "glrt",
    "glrtr",
    "glcbt",
    "glptt",
    "glft",
    "glimt",
    "glagent",
    "glwt",
    "glsoat",
    "glffct",
]


@pytest.mark.parametrize("prefix", GITLAB_PREFIXES)
def test_gitlab_tokens_are_replaced(prefix):
    assert redact(f"x={prefix}-{BODY};") == "x=[redacted:gitlab_token];"


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (f"glpat-{BODY}.01.0z1a2b3c4", "gitlab_token"),
        (f"GR1348941{BODY}", "gitlab_token"),
        (f"ghp_{BODY * 2}", "github_token"),
        (f"github_pat_{BODY * 2}", "github_token"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "aws_key"),
        ("xoxb-" + "1234567890-abc", "slack_token"),
        (f"sk-ant-api03-{BODY}", "model_key"),
        (f"sk-proj-{BODY}", "model_key"),
        (f"whsec_{BODY}", "webhook_secret"),
        (f"npm_{BODY * 2}", "registry_token"),
        (f"AIza{BODY * 2}", "google_key"),
        (JWT, "jwt"),
    ],
)
def test_a_secret_is_replaced_and_its_surroundings_stay(secret, kind):
    assert redact(f"before {secret} after") == f"before [redacted:{kind}] after"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer [redacted:authorization]"),
        ("authorization: basic dXNlcjpwdw==", "authorization: basic [redacted:authorization]"),
        ("-H 'PRIVATE-TOKEN: hunter2'", "-H 'PRIVATE-TOKEN: [redacted:authorization]'"),
        (f"got Bearer {BODY}", "got Bearer [redacted:authorization]"),
        ("https://me:pa:ss@host/x", "https://[redacted:basic_auth]@host/x"),
        (f"https://{BODY}@host/x", "https://[redacted:basic_auth]@host/x"),
        ("/api?private_token=abc123&x=1", "/api?private_token=[redacted:secret]&x=1"),
        ("DB_PASSWORD=hunter2 make", "DB_PASSWORD=[redacted:secret] make"),
        ("export API_KEY='a-b-c-d'", "export API_KEY='[redacted:secret]'"),
        ("docker login --password hunter2 x", "docker login --password [redacted:secret] x"),
        ('password = "hunter2!"', 'password = "[redacted:secret]"'),
        ('{"api_key": "abcd1234"}', '{"api_key": "[redacted:secret]"}'),
        ("  db_password: hunter2 \n", "  db_password: [redacted:secret] \n"),
    ],
)
def test_a_value_is_replaced_where_its_place_says_that_it_is_secret(text, expected):
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        'token = response.json()["token"]',
        "def login(user: str, password: str | None = None, token=None) -> Token:",
        "TOKEN=$CI_JOB_TOKEN PASSWORD=${PASSWORD} SECRET=$(cat file)",
        "PASSWORD=get_password() TOKEN=os.environ['X'] API_KEY=settings[0]",
        "MAX_TOKENS=4096 TOKEN_LIMIT=1000 PWD=/builds/shop OLDPWD=/tmp",
        'headers["Authorization"] = f"Bearer {token}"',
        'curl -H "PRIVATE-TOKEN: $TOKEN" https://gitlab.example.com',
        "password: required\ntoken: string\nsecret: true",
        'password="Enter your password 2 times"',
        "if token == other.token: return token2",
        "ssh://git@host/x https://user@host git@host:a/b.git",
        "sha 8e0b45049b6253b8984cde9241830d2851168142",
        "docker login --password-stdin",
        "globals-configuration-file-loader",
        'url = f"postgres://{user}:{password}@{host}/db"',
        "postgres://$USER:$PASSWORD@host/db and postgres://user:password@host/db",
        "The --username and --password options are for others.",
        f'if key.startswith("{BEGIN}"):\n    pass',
    ],
)
def test_ordinary_code_stays_as_it_is(text):
    assert redact(text) == text


def test_a_private_key_of_several_lines_keeps_its_number_of_lines():
    text = f"before\n{BEGIN}\n{KEY_LINE}\nabc=\n{END} tail\nafter"
    mark = "[redacted:private_key]"
    assert redact(text) == f"before\n{mark}\n{mark}\n{mark}\n{mark} tail\nafter"


def test_a_private_key_inside_json_is_one_line():
    assert redact(f'{{"key": "{BEGIN}\\n{KEY_LINE}\\n{END}\\n"}}') == '{"key": "[redacted:private_key]\\n"}'


def test_a_private_key_that_was_cut_off_ends_where_its_lines_end():
    text = f"{BEGIN}\n2 log | {KEY_LINE}\n2 log | {KEY_LINE}\nnext line of the log"
    mark = "[redacted:private_key]"
    assert redact(text) == f"{mark}\n{mark}\n{mark}\nnext line of the log"


def test_two_marks_far_apart_do_not_swallow_what_is_between():
    text = f"grep '{BEGIN}' file\n" + "an ordinary line\n" * 5_000 + f"grep '{END}' file\n"
    assert redact(text).count("an ordinary line\n") == 5_000


SECRETS = [BEGIN, END, KEY_LINE, f"glpat-{BODY}", "AKIA" + "ABCDEFGHIJKLMNOP", JWT, f"sk-ant-{BODY}", "ghp_" + BODY * 2, "hunter2"]
PLACES = [
    "Authorization: Bearer ",
    "PASSWORD=",
    "token: ",
    "--token ",
    "?token=",
    "bearer ",
    "secret",
    "://",
    "whsec_",
    "eyJ",
    "sk-",
]
SIGNS = ["\x1b[0m", "\u200b", "\x1b]8;;", "glpat-", *"@:'\" =a1[](-_./\n\x0b\u2028", "\r\n", "\\n", "[redacted:secret]"]
PIECES = SECRETS + PLACES + SIGNS
MIXED = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=25).map("".join)


# Tokens in disguise.


@pytest.mark.parametrize(
    "unseen", ["\x1b[0m", "\x1b[1;31m", "\x1b[K", "\x1b]8;;\x07", "\x9b1m", "\x1b(B", "\x00", "\x08", "\u200b", "\ufeff", "\xad"]
)
@pytest.mark.parametrize("at", [2, 6, 9, 20])
def test_a_token_is_found_behind_signs_that_show_nothing(unseen, at):
    token = f"glpat-{BODY}"

    seen = redact(f"a\nb {token[:at]}{unseen}{token[at:]} c\nd")

    assert seen.split("\n")[0] + seen.split("\n")[2] == "ad"
    assert (token[:at] in seen, token[at:] in seen, "[redacted:gitlab_token]" in seen) == (False, False, True)


def test_signs_that_show_nothing_stay_where_nothing_is_secret():
    assert redact("\x1b[31mred\x1b[0m \ufeff") == "\x1b[31mred\x1b[0m \ufeff"


@pytest.mark.parametrize("at", [6, 9, 14, 17, 20])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\n    "])
def test_a_token_that_is_wrapped_is_replaced_in_both_lines(at, line_end):
    token = f"glpat-{BODY}"

    assert redact(f"a {token[:at]}{line_end}{token[at:]}\nb") == f"a [redacted:gitlab_token]{line_end}[redacted:gitlab_token]\nb"


@pytest.mark.parametrize(
    "text",
    [
        "Tokens begin with glpat-\nauthentication needs them.",
        "prefix: glpat-\n2026-11-20 12:00",
        "glpat-\nsha256:abcdef0123456789abcd",
    ],
)
def test_a_prefix_at_the_end_of_a_line_does_not_take_the_next_one(text):
    assert redact(text) == text


@pytest.mark.parametrize("before", ["", "a", "ab", "oauth2:"])
def test_a_token_in_base64_is_found_wherever_it_begins(before):
    encoded = base64.b64encode(f"{before}glpat-{BODY}".encode()).decode()

    seen = redact(f"x = {encoded} y")

    assert (encoded[-20:-4] in seen, "[redacted:encoded_token]" in seen) == (False, True)


def test_a_token_in_a_url_is_found():
    assert redact(f"/x/glpat%2D{BODY}/y") == "/x/[redacted:gitlab_token]/y"


@given(MIXED)
def test_redacting_twice_is_redacting_once(text):
    once = redact(text)
    assert redact(once) == once


@given(MIXED)
def test_the_number_of_lines_never_changes(text):
    assert redact(text).count("\n") == text.count("\n")


@given(MIXED)
def test_no_gitlab_token_gets_through(text):
    assert f"glpat-{BODY}" not in redact(f"{text}glpat-{BODY}")


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        " ",
        "_",
        "eyJ",
        "token=",
        "\n token: aaaaaaa",
        "://a:",
        "glpat-\n",
        "\x1b[0m",
        "\x1b]",
        "Z2xwYXQt",
        "bearer a",
        "password: 'a1",
        BEGIN,
        f"{BEGIN}\n{KEY_LINE}\n",
    ],
)
def test_a_megabyte_of_what_a_pattern_begins_with_are_read_to_their_end(unit):
    text = unit * (1_000_000 // len(unit)) + f"\nglpat-{BODY}"
    assert redact(text).endswith("\n[redacted:gitlab_token]")


@given(
    st.lists(
        st.text(alphabet=st.characters(blacklist_characters="\n"), max_size=30)
        | st.sampled_from([BEGIN, KEY_LINE, END, "glpat-" + BODY[:12]])
    )
)
def test_lines_stay_as_many(lines):
    assert len(redact_lines(lines)) == len(lines)


def test_a_key_over_lines_is_taken_out_of_each():
    key = [BEGIN, KEY_LINE, END]
    assert redact_lines(["one", *key, "two"]) == ["one", *["[redacted:private_key]"] * 3, "two"]


def test_an_option_at_the_very_beginning_of_a_text_is_found_too():
    assert redact(f"--token {BODY}") == "--token [redacted:secret]"


@pytest.mark.parametrize(
    "line", [f"password: {BODY}", f"export API_KEY={BODY}", f"Authorization: Bearer {BODY}", f"? --token {BODY}"]
)
def test_a_secret_is_found_on_any_line_of_a_long_log(line: str):
    log = ["nothing to see"] * 500

    found = redact_lines([*log, line, *log])

    assert BODY not in "\n".join(found)
    assert found == [*log, redact(line), *log]
