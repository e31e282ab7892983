from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipyimagegen.core.errors import MediaError
from ipyimagegen.core.events import Frame, Preview
from ipyimagegen.media import previews
from ipyimagegen.media.pixels import decode, preview_jpeg
from ipyimagegen.media.previews import ArrayFrame, BytesFrame
from ipyimagegen.media.sniff import dimensions, sniff

from .samples import noise, picture, png_claiming


@pytest.mark.parametrize("frame", [BytesFrame(picture(width=300, height=150)), ArrayFrame(noise(300, 150))])
def test_a_frame_becomes_a_jpeg_of_the_size_asked_for(frame):
    assert (frame.width, frame.height) == (300, 150)
    assert dimensions(frame.jpeg(100)) == (100, 50)
    assert dimensions(frame.jpeg(5_000)) == (300, 150)
    assert sniff(frame.jpeg(100)) == "image/jpeg"


def test_frames_fit_the_event():
    frame: Frame = ArrayFrame(noise())
    assert Preview(frame=frame, step=3).frame is frame


def test_the_last_encode_is_kept(monkeypatch):
    calls: list[int] = []

    def counted(picture, max_px):
        calls.append(max_px)
        return preview_jpeg(picture, max_px)

    monkeypatch.setattr(previews, "preview_jpeg", counted)
    frame = ArrayFrame(noise(64, 64))
    assert frame.jpeg(32) is frame.jpeg(32)
    assert calls == [32]


def test_many_threads_get_one_picture():
    frame, start = ArrayFrame(noise(256, 256)), threading.Barrier(8)

    def ask(_: int) -> bytes:
        start.wait()
        return frame.jpeg(128)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def test_a_jpeg_of_the_right_size_is_passed_on_as_it_is():
    data = picture("image/jpeg", 100, 50)
    assert BytesFrame(data).jpeg(400) is data


def test_the_painter_may_go_on_painting():
    pixels = np.zeros((8, 8, 3), np.uint8)
    frame = ArrayFrame(pixels)
    pixels[:] = 255
    assert decode(frame.jpeg(8)).getpixel((4, 4)) == (0, 0, 0)


@pytest.mark.parametrize("pixels", [noise(20, 10, 4), noise(20, 10)[:, :, 0], noise(20, 10) / 255.0])
def test_arrays_of_every_kind_are_frames(pixels):
    assert dimensions(ArrayFrame(pixels).jpeg(10)) == (10, 5)


@pytest.mark.parametrize("data", [b"", b"<html>", png_claiming(90_000, 90_000)])
def test_what_is_no_picture_is_refused_at_once(data):
    with pytest.raises(MediaError):
        BytesFrame(data)


def test_a_wrong_shape_is_refused_at_once():
    with pytest.raises(MediaError, match="not a frame"):
        ArrayFrame(np.zeros((1, 2, 3, 4)))


@given(st.binary(max_size=80), st.integers(0, 90))
def test_broken_frames_raise_media_errors_only(tail, cut):
    with contextlib.suppress(MediaError):
        BytesFrame(picture("image/webp")[:cut] + tail).jpeg(16)
