"""These tests check a process's one OpenGL context: threads, forks, and where it cannot start."""

import logging
import os
import sys
import threading

import numpy as np
import pytest

from sidestick.sim_envs import make_task_env
from sidestick.sim_envs.environment import ArmEnv
from sidestick.sim_envs.errors import RendererMissing
from sidestick.sim_envs.renderers import best_view_renderer, gl_device
from tests.graphics import needs_gl


@needs_gl
def test_pictures_can_be_drawn_by_several_threads() -> None:
    """Each thread draws its own world; the threads take turns with the one context."""
    envs = [make_task_env("ShelfPick", renderer="gl") for _ in range(2)]
    expected = [env.reset(seed=seed)[0]["front_image"] for seed, env in enumerate(envs)]
    failures: list[int] = []

    def draw(index: int, env: ArmEnv) -> None:
        drawn = [env.picture("front", 96, 96) for _ in range(5)]
        if any(not np.array_equal(picture, expected[index]) for picture in drawn):
            failures.append(index)

    threads = [threading.Thread(target=draw, args=(i, env)) for i, env in enumerate(envs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for env in envs:
        env.close()
    assert not failures


@needs_gl
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_draws_the_same_with_its_parents_renderer() -> None:
    """The context is made anew in the child, and the parent's goes on working."""
    env = make_task_env("ShelfPick", renderer="gl")
    picture = env.reset(seed=2)[0]["front_image"]
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        drawn = env.picture("front", 96, 96)
        env.renderer.close()
        os.write(write, b"same" if np.array_equal(drawn, picture) else b"other")
        os._exit(0)
    os.close(write)
    assert os.read(read, 5) == b"same"
    assert os.waitpid(child, 0)[1] == 0
    os.close(read)
    np.testing.assert_array_equal(env.picture("front", 96, 96), picture)
    env.close()


def refuse_gl(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Make this process look like one where `missing` was never installed."""
    monkeypatch.setattr(gl_device, "_process", gl_device._Process())
    if missing == "moderngl":
        monkeypatch.setitem(sys.modules, "moderngl", None)
    elif missing == "libEGL":
        pytest.importorskip("moderngl")
        monkeypatch.setattr(gl_device, "EGL_LIBRARY", "libNotThere.so.1")
    else:
        moderngl = pytest.importorskip("moderngl")

        def no_driver(**settings: object) -> None:
            raise Exception("requested device index 0, but found 0 devices")

        monkeypatch.setattr(moderngl, "create_context", no_driver)


MISSING = {
    "moderngl": r"pip install .*\[gl\]",
    "libEGL": "apt install libegl1 libgl1-mesa-dri",
    "driver": "apt install libegl1 libgl1-mesa-dri",
}


@pytest.mark.parametrize("missing", MISSING)
def test_what_is_missing_is_named_in_one_sentence(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to install; a missing driver is found at the first picture."""
    refuse_gl(monkeypatch, missing)
    with pytest.raises(RendererMissing, match=MISSING[missing]) as caught:
        make_task_env("ShelfPick", renderer="gl").reset(seed=0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", MISSING)
def test_the_view_falls_back_to_the_renderer_that_is_always_there(
    missing: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator gets a picture, and one sentence in the log says why it is slower."""
    refuse_gl(monkeypatch, missing)
    with caplog.at_level(logging.WARNING):
        assert best_view_renderer().name == "tiny"
    assert len(caplog.records) == 1
    assert "TinyRenderer" in caplog.text


@needs_gl
def test_the_view_is_drawn_by_opengl_where_that_starts() -> None:
    """The cheaper renderer is the first choice."""
    assert best_view_renderer().name == "gl"
