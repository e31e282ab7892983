from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ipyimagegen.media.metadata import Record, infotext, read_metadata
from ipyimagegen.media.metadata.a1111 import MAX_TEXT_CHARS, Infotext, parse, write

from .samples import picture, with_chunk

GRAPH = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": ["9", 0],
            "steps": 20,
            "cfg": 8,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1,
            "model": ["4", 0],
            "positive": ["10", 0],
            "negative": ["7", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 768, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["8", 0], "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "fog", "clip": ["4", 1]}},
    "8": {"class_type": "PrimitiveString", "inputs": {"value": "a lighthouse"}},
    "9": {"class_type": "PrimitiveInt", "inputs": {"value": 42}},
    "10": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
}
FILES = {
    "AUTOMATIC1111": {
        "parameters": "a lighthouse\nNegative prompt: fog\n"
        'Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 42, Size: 512x768, Model: "a, b", Denoising strength: 0.4'
    },
    "ComfyUI": {"prompt": json.dumps(GRAPH), "workflow": '{"nodes": []}'},
    "InvokeAI": {
        "invokeai_metadata": json.dumps(
            {
                "positive_prompt": "a lighthouse",
                "negative_prompt": "fog",
                "seed": 42,
                "steps": 20,
                "cfg_scale": 7.5,
                "scheduler": "euler",
                "width": 512,
                "height": 768,
                "model": {"name": "sdxl"},
            }
        )
    },
    "SwarmUI": {
        "parameters": json.dumps(
            {
                "sui_image_params": {
                    "prompt": "a lighthouse",
                    "negativeprompt": "fog",
                    "seed": 42,
                    "steps": 20,
                    "cfgscale": 7.5,
                    "width": 512,
                    "height": 768,
                }
            }
        )
    },
    "Fooocus": {
        "fooocus_scheme": "fooocus",
        "parameters": json.dumps(
            {
                "prompt": "a lighthouse",
                "negative_prompt": "fog",
                "seed": 42,
                "steps": 20,
                "guidance_scale": 7.5,
                "resolution": "(512, 768)",
                "styles": ["Fooocus V2", "Sharp"],
            }
        ),
    },
    "NovelAI": {
        "Software": "NovelAI",
        "Description": "a lighthouse",
        "Comment": json.dumps({"uc": "fog", "seed": 42, "steps": 20, "scale": 7.5, "width": 512, "height": 768}),
    },
}


def png_with(texts: dict[str, str]) -> bytes:
    data = picture()
    for keyword, text in texts.items():
        data = with_chunk(data, b"tEXt", keyword.encode() + b"\0" + text.encode("latin-1"))
    return data


@pytest.mark.parametrize("tool", FILES)
def test_files_of_other_tools_are_read(tool):
    found = read_metadata(png_with(FILES[tool]))
    assert (found.tool, found.prompt, found.negative_prompt) == (tool, "a lighthouse", "fog")
    assert (found.params["seed"], found.params["num_inference_steps"]) == (42, 20)
    assert (found.params["width"], found.params["height"]) == (512, 768)
    assert found.params["guidance_scale"] in (7.5, 8)


def test_names_are_translated_and_numbers_are_numbers():
    params = read_metadata(png_with(FILES["AUTOMATIC1111"])).params
    assert (params["model"], params["sampler"], params["strength"]) == ("a, b", "Euler a", 0.4)


@pytest.mark.parametrize("code", [b"UNICODE\0", b"ASCII\0\0\0", bytes(8), b""])
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp"])
def test_a_user_comment_counts_as_the_parameters(media_type, code):
    text = FILES["AUTOMATIC1111"]["parameters"]
    bodies = [text.encode("utf-16-be"), text.encode("utf-16-le")] if code == b"UNICODE\0" else [text.encode()]
    for body in bodies:
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = code + body
        assert read_metadata(picture(media_type, exif=exif)).prompt == "a lighthouse"


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/webp"])
def test_fooocus_writes_into_the_main_directory(media_type):
    exif = Image.Exif()
    exif[0x9286] = FILES["Fooocus"]["parameters"].encode()
    exif[0x927C] = b"fooocus"
    found = read_metadata(picture(media_type, exif=exif))
    assert (found.tool, found.prompt) == ("Fooocus", "a lighthouse")


def test_comfyui_in_the_exif_of_a_webp_is_read():
    exif = Image.Exif()
    exif[0x0110] = "prompt:" + json.dumps(GRAPH)
    assert read_metadata(picture("image/webp", exif=exif)).tool == "ComfyUI"


def test_an_older_invokeai_is_read():
    old = {
        "model_weights": "sd-1.5",
        "image": {"prompt": [{"prompt": "a lighthouse", "weight": 1}], "seed": 42, "steps": 20},
    }
    found = read_metadata(png_with({"sd-metadata": json.dumps(old)}))
    assert (found.tool, found.prompt, found.params["model"]) == ("InvokeAI", "a lighthouse", "sd-1.5")


def test_a_picture_that_says_nothing_is_empty():
    assert not read_metadata(picture())
    assert not read_metadata(b"")


def test_a_graph_that_runs_in_circles_ends():
    circle = {"1": {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "negative": ["1", 0], "steps": 1}}}
    assert read_metadata(png_with({"prompt": json.dumps(circle)})).prompt == ""


TRICKY = [
    "Negative prompt: x",
    "negative prompt:",
    "Steps: 20, Seed: 1",
    "steps: 3",
    "a, Size: 1, Model: 2, VAE: 3",
    "{}",
]
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60) | st.sampled_from(TRICKY)
PROMPTS = st.lists(LINES, min_size=1, max_size=4).map("\n".join)
KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9 ]{0,10}[A-Za-z0-9]", fullmatch=True)


def tidy(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().split("\n"))


@given(
    PROMPTS, PROMPTS, st.dictionaries(KEYS, st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=3)
)
def test_what_is_written_is_read_again(prompt, negative, params):
    prompt, negative = tidy(prompt), tidy(negative)
    assert parse(write(prompt, negative, params)) == Infotext(prompt, negative, params)


@given(st.text(max_size=500))
def test_any_text_is_read(text):
    parse(text)
    parse("x\n" + text + ", a1: " + text)


@pytest.mark.parametrize(
    "hostile", ["a " * 500_000, "a1:" * 300_000, 'k1:"' * 200_000, '\\"' * 300_000, "k1: ,\t" * 100_000]
)
def test_hostile_lines_are_read_in_one_pass(hostile):
    import time

    began = time.process_time()
    parse(hostile[:MAX_TEXT_CHARS])
    assert time.process_time() - began < 2


def test_at_least_three_pairs_stand_on_the_last_line():
    assert write("a cat") == "a cat\nVersion: ipyimagegen, Generator: ipyimagegen, Format: 1"


def test_risky_values_are_json_and_short_keys_are_left_out():
    text = write("a cat", "", {"Steps": 4, "n": 1, "Seed": 2, "Model": "a: b, c", "Empty": "", "Note": "two\nlines"})
    assert text == 'a cat\nSteps: 4, Seed: 2, Model: "a: b, c", Note: "two\\nlines"'


def test_our_parameters_go_under_the_names_that_others_know():
    record = Record(
        model="local/sketch",
        prompt="a cat",
        seed=7,
        sent={"num_inference_steps": 4, "guidance_scale": 7.5, "width": 64, "height": 32, "style": "ink", "image": [1]},
        software="ipyimagegen 0.1.0",
    )
    assert infotext(record) == (
        "a cat\nSteps: 4, CFG scale: 7.5, Seed: 7, Size: 64x32, Model: local/sketch, "
        "style: ink, Version: ipyimagegen 0.1.0"
    )


def test_pillow_is_not_needed_to_read(monkeypatch):
    monkeypatch.setattr(Image, "open", lambda *_: pytest.fail("decoded"))
    assert read_metadata(png_with(FILES["SwarmUI"])).tool == "SwarmUI"
