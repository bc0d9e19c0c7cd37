"""Who is let in, and what is refused before any page is asked."""

from pathlib import Path

import pytest

from sidestick.sim_envs.errors import BadValue
from sidestick.teleop.web.access import LONGEST_NAME, TOKEN_LIFE_S, VISIT_LIFE_S, Access, NotInvited
from sidestick.teleop.web.guard import LARGEST_BODY, GuardRules
from sidestick.teleop.web.server import ServerOptions
from tests.web_rig import ORIGIN, FakeClock, WebRig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> WebRig:
    return WebRig(tmp_path_factory.mktemp("web") / "ws", count=1)


def test_a_token_lets_one_browser_in_once(rig: WebRig) -> None:
    """Whoever finds the address later comes too late."""
    token = rig.access.invite("watch")
    body = {"token": token, "name": "Grace"}
    first = rig.stranger().post("/api/enter", json=body)
    second = rig.stranger().post("/api/enter", json={**body, "name": "Mallory"})
    assert first.status_code == 200
    assert second.status_code == 403
    assert "used already" in second.json()["error"]


def test_the_cookie_is_for_this_site_alone_and_scripts_cannot_read_it(rig: WebRig) -> None:
    answer = rig.stranger().post(
        "/api/enter", json={"token": rig.access.invite("watch"), "name": "Edsger"}
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_refused_name_does_not_spend_the_token() -> None:
    access = Access(FakeClock())
    token = access.invite("judge")
    for name in ("", "   ", "x" * (LONGEST_NAME + 1), "a\x1b[2J", "simulated"):
        with pytest.raises(BadValue):
            access.enter(token, name)
    assert access.visitor(access.enter(token, "Barbara")) is not None


def test_two_people_cannot_have_one_name() -> None:
    """Their judgements could not be told apart."""
    access = Access(FakeClock())
    access.enter(access.invite("judge"), "Ada")
    with pytest.raises(BadValue, match="nobody here has"):
        access.enter(access.invite("judge"), "ada")


def test_who_is_not_invited_does_not_learn_which_names_are_taken() -> None:
    access = Access(FakeClock())
    access.enter(access.invite("judge"), "Ada")
    with pytest.raises(NotInvited):
        access.enter("guessed", "Ada")


def test_tokens_and_visits_end() -> None:
    clock = FakeClock()
    access = Access(clock)
    old = access.invite("watch")
    secret = access.enter(access.invite("watch"), "Ada")
    clock.now += TOKEN_LIFE_S + 1
    with pytest.raises(NotInvited):
        access.enter(old, "Grace")
    clock.now += VISIT_LIFE_S
    assert access.visitor(secret) is None


@pytest.mark.parametrize("path", ["/api/episodes", "/api/people", "/api/me"])
def test_without_a_cookie_there_is_nothing(rig: WebRig, path: str) -> None:
    assert rig.stranger().get(path).status_code == 401


@pytest.mark.parametrize("path", ["/dataset", "/people", "/"])
def test_a_page_without_a_cookie_leads_to_the_entrance(rig: WebRig, path: str) -> None:
    answer = rig.stranger().get(path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/enter")


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://127.0.0.1:9999", "null"])
def test_a_post_from_elsewhere_is_refused(rig: WebRig, origin: str | None) -> None:
    """Another page in the same browser may send requests; its origin betrays it."""
    token = rig.access.invite("watch")
    answer = rig.stranger(origin).post("/api/enter", json={"token": token, "name": "Eve"})
    assert answer.status_code == 403


def test_a_foreign_host_name_is_refused(rig: WebRig) -> None:
    """A name that was rebound to this machine would share the pages' origin."""
    for base in ("http://evil.example", "http://evil.example:8420", "http://10.0.0.1:8420"):
        assert rig.stranger(base, base).get("/enter").status_code == 421
    for base in ("http://localhost:9000", "http://127.0.0.1", "http://[::1]:8420"):
        assert rig.stranger(base, base).get("/enter").status_code == 200


def test_a_large_body_is_refused_with_and_without_a_length(rig: WebRig) -> None:
    client = rig.browser("watch", "Large")
    large = b"x" * (LARGEST_BODY + 1)
    assert client.post("/api/leave", content=large).status_code == 413
    json = {"content-type": "application/json"}
    assert client.post("/api/enter", content=iter([large]), headers=json).status_code == 413


def test_too_many_requests_are_refused(tmp_path: Path) -> None:
    rig = WebRig(tmp_path / "ws", GuardRules(rate=0.001, burst=5.0), count=1)
    client = rig.stranger()
    codes = [client.get("/enter").status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2


def test_strangers_share_an_allowance_whatever_cookies_they_invent(tmp_path: Path) -> None:
    """A visitor who was let in has one of their own."""
    rig = WebRig(tmp_path / "ws", GuardRules(rate=0.001, burst=5.0), count=1)
    visitor = rig.browser("watch")
    codes = [
        rig.stranger().get("/enter", headers={"cookie": f"x={n}"}).status_code for n in range(6)
    ]
    assert codes[-2:] == [429, 429]
    assert visitor.get("/api/me").status_code == 200


def test_every_answer_forbids_inline_scripts(rig: WebRig) -> None:
    for path in ("/enter", "/static/common.js", "/api/me"):
        policy = rig.stranger().get(path).headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe-inline" not in policy
        assert "default-src 'none'" in policy


def test_a_script_as_a_name_is_text(rig: WebRig) -> None:
    client = rig.browser("owner", "<script>alert(1)</script>")
    for path in ("/dataset", "/people"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_roles_hold(rig: WebRig) -> None:
    """A judge sees no episode that would tell whose it is, and a watcher changes nothing."""
    judge, watcher = rig.browser("judge", "J"), rig.browser("watch", "W")
    assert judge.get("/api/episodes").status_code == 403
    assert watcher.get("/api/episodes").status_code == 200
    assert watcher.post("/api/undo", json={}).status_code == 403
    assert watcher.post("/api/invitations", json={"role": "owner"}).status_code == 403


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ServerOptions(host="0.0.0.0"), "ssh -L"),
        (ServerOptions(host="192.168.1.4"), "--insecure"),
        (ServerOptions(tls_cert=Path(__file__)), "both"),
    ],
)
def test_listening_beyond_this_machine_needs_protection(options: ServerOptions, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        options.checked()


def test_what_is_safe_is_served() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        assert ServerOptions(host=host).checked().local
    risky = ServerOptions(host="0.0.0.0", insecure=True).checked()
    assert not risky.local
    assert ServerOptions().address("/x") == f"{ORIGIN}/x"
