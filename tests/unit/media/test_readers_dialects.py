from __future__ import annotations

import json
from typing import Any

import pytest

from ipyimagegen.media.metadata import Found, read_metadata

from .foreign import FACTS, INFOTEXT, SETTINGS, commented, graph, jpeg_with, png_with, xmp


def of_text(text: str) -> Found:
    return read_metadata(png_with({"parameters": text}))


TEXTS = {
    "settings last": INFOTEXT,
    "a template behind": f"{INFOTEXT}\nTemplate: a {{lighthouse|tower}}, Seed: 1\nNegative Template: fog",
    "one pair a line": INFOTEXT.replace(", ", "\n"),
    "a broken value": f'{INFOTEXT}, Note: "no end',
    "names in small letters": INFOTEXT.replace("Steps", "steps").replace("Size", "size").replace("CFG", "cfg"),
    "more on a second line": f"{INFOTEXT}\nModel: x, Version: v1.10",
    "lines end as in DOS": INFOTEXT.replace("\n", "\r\n"),
    "a size with a sign": INFOTEXT.replace("512x640", "512×640"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_settings_are_what_begins_with_steps(name):
    found = of_text(TEXTS[name])
    assert ("AUTOMATIC1111", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert {key: found.params[key] for key in FACTS} == FACTS


def test_a_broken_line_of_settings_does_not_cost_the_prompt():
    found = of_text('a lighthouse at dusk\nNegative prompt: fog\nSteps: 20 "Sampler: Euler')
    assert ("a lighthouse at dusk", "fog") == (found.prompt, found.negative_prompt)


def test_a_text_without_settings_is_one_by_its_negative_prompt():
    found = of_text("a lighthouse at dusk\nNegative prompt: fog")
    assert ("AUTOMATIC1111", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)


@pytest.mark.parametrize(
    ("pair", "name", "value"),
    [
        ("Model hash: 925997e9", "model_hash", "925997e9"),
        ("Model hash: 00123456", "model_hash", "00123456"),
        ("Model: 1.50", "model", "1.50"),
        ("VAE hash: 1e1000", "vae_hash", "1e1000"),
        ("Version: 1.10", "version", "1.10"),
        ("Denoising strength: 0.40", "strength", 0.4),
        ("Variation seed: 18446744073709551615", "variation_seed", 2**64 - 1),
        ("Hires steps: 8", "hires_steps", 8),
        ('Model: "a, b: c"', "model", "a, b: c"),
        ("Distilled CFG Scale: 3.5", "distilled_guidance_scale", 3.5),
        ("Guidance: 3.5", "distilled_guidance_scale", 3.5),
        ("Hires steps: 8.0", "hires_steps", 8),
    ],
)
def test_only_steps_cfg_seeds_sizes_and_strengths_are_numbers(pair, name, value):
    assert of_text(f"{INFOTEXT}, {pair}").params[name] == value
    assert type(of_text(f"{INFOTEXT}, {pair}").params[name]) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"Prompt": "a lighthouse", "No": ["(worse, bad art:1.4), (sign, name:1.2)", "(cgi, amateur:1.3)"]}',
        "(masterpiece:1.2), (best quality:1.3), (a lighthouse:0.9)",
        "style: oil, mood: calm, subject: a lighthouse",
        "a photograph, taken: 2024, by: me, at: home",
        "steps: up to the tower",
        "Canon EOS R5",
    ],
)
def test_what_only_looks_like_settings_is_nothing(text):
    for data in (png_with({"parameters": text}), commented(text), jpeg_with(comment=text.encode())):
        found = read_metadata(data)
        assert (found.tool, found.prompt, found.params) == ("", "", {})


def test_loras_in_a_prompt_are_named():
    found = of_text(f"a lighthouse <lora:ink wash:0.8> <lora:sea>\n{SETTINGS}")
    assert found.params["loras"] == [{"name": "ink wash", "weight": 0.8}, {"name": "sea"}]


INVOKE = [
    {"Dream": '"a lighthouse at dusk [fog]" -s 20 -S 42 -W 512 -H 640 -C 7.0 -A k_lms'},
    {
        "sd-metadata": json.dumps(
            {
                "model_weights": "m",
                "image": {
                    "prompt": [{"prompt": "a lighthouse at dusk [fog]", "weight": 1}],
                    "seed": 42,
                    "steps": 20,
                    "cfg_scale": 7,
                    "width": 512,
                    "height": 640,
                },
            }
        )
    },
    {
        "invokeai_metadata": json.dumps(
            {
                "positive_prompt": "a lighthouse at dusk",
                "negative_prompt": "fog",
                "seed": 42,
                "steps": 20,
                "cfg_scale": 7,
                "width": 512,
                "height": 640,
                "scheduler": "euler",
                "model": {"model_name": "m"},
                "loras": [{"model": {"name": "ink"}, "weight": 0.5}],
            }
        )
    },
]


@pytest.mark.parametrize("texts", INVOKE)
def test_all_three_forms_of_invokeai_are_read(texts):
    found = read_metadata(png_with(texts))
    assert ("InvokeAI", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert {key: found.params[key] for key in FACTS} == FACTS


def fooocus(**more: Any) -> dict[str, str]:
    data = {
        "prompt": "a lighthouse at dusk",
        "negative_prompt": "fog",
        "full_prompt": ["a lighthouse at dusk, cinematic"],
        "base_model": "m",
        "base_model_hash": "0012345678",
        "seed": "42",
        "steps": "20",
        "guidance_scale": "7",
        "resolution": "(512, 640)",
        "loras": [["ink.safetensors", 0.1, "aa"]],
    }
    return {"fooocus_scheme": "fooocus", "parameters": json.dumps(data | more)}


def test_numbers_of_fooocus_are_numbers_also_where_they_are_texts():
    found = read_metadata(png_with(fooocus()))
    assert ("Fooocus", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert {key: found.params[key] for key in FACTS} == FACTS
    assert found.params["model_hash"] == "0012345678"
    assert found.params["loras"] == [{"name": "ink.safetensors", "weight": 0.1}]


def test_fooocus_in_the_web_uis_form_gives_the_prompt_before_its_styles():
    text = (
        "cinematic still a lighthouse at dusk . emotional\nNegative prompt: fog, anime\n"
        "Steps: 20, Sampler: DPM++ 2M SDE Karras, Seed: 42, Size: 512x640, CFG scale: 7, "
        "Raw prompt: a lighthouse at dusk, Raw negative prompt: fog, Styles: \"['Fooocus V2']\", Version: Fooocus v2"
    )
    for texts in ({"parameters": text}, {"parameters": text, "fooocus_scheme": "a1111"}):
        found = read_metadata(png_with(texts))
        assert ("Fooocus", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
        assert {key: found.params[key] for key in FACTS} == FACTS


def test_novelai_keeps_the_prompts_of_characters_apart():
    def caption(base: str, *characters: str) -> dict[str, Any]:
        return {"caption": {"base_caption": base, "char_captions": [{"char_caption": text} for text in characters]}}

    data = {
        "prompt": "a harbour",
        "uc": "fog",
        "steps": 28,
        "scale": 5.5,
        "seed": 42,
        "sampler": "k_euler",
        "v4_prompt": caption("a harbour", "girl, red coat", "boy"),
        "v4_negative_prompt": caption("fog", "hat", ""),
    }
    texts = {"Software": "NovelAI", "Source": "NovelAI Diffusion V4.5 4BDE2A90", "Comment": json.dumps(data)}
    found = read_metadata(png_with(texts))
    assert ("NovelAI", "a harbour", "fog", 5.5) == (
        found.tool,
        found.prompt,
        found.negative_prompt,
        found.params["guidance_scale"],
    )
    assert found.params["characters"] == [{"prompt": "girl, red coat", "negative_prompt": "hat"}, {"prompt": "boy"}]
    assert "characters" in found.doubts[0]
    assert found.model == "NovelAI Diffusion V4.5 4BDE2A90"


def test_swarmui_names_its_loras():
    data = {"prompt": "a lighthouse", "steps": 20, "cfgscale": 7, "loras": ["ink", "sea"], "loraweights": ["1", "0.5"]}
    found = of_text(json.dumps({"sui_image_params": data}))
    assert found.params["loras"] == [{"name": "ink", "weight": 1.0}, {"name": "sea", "weight": 0.5}]


OTHERS = [
    {"prompt": "a lighthouse at dusk", "negative_prompt": "fog", "steps": 20, "cfg_scale": 7, "seed": 42, "width": 512},
    {"Prompt": "a lighthouse at dusk", "Negative": "fog", "Steps": "20", "CFG": "7", "Seed": "42", "Width": "512"},
    {
        "positivePrompt": "a lighthouse at dusk",
        "negativePrompt": "fog",
        "steps": 20,
        "cfgScale": 7,
        "seed": 42,
        "size": "512x640",
    },
    {
        "version": 3,
        "params": {
            "prompt": "a lighthouse at dusk",
            "negative_prompt": "fog",
            "steps": 20,
            "guidance_scale": 7,
            "seed": 42,
            "width": 512,
        },
    },
]


@pytest.mark.parametrize("data", OTHERS)
@pytest.mark.parametrize("keyword", ["parameters", "Comment", "generation_data", "whatever"])
def test_an_object_with_a_prompt_and_settings_is_read_whoever_wrote_it(data, keyword):
    found = read_metadata(png_with({keyword: json.dumps(data)}))
    assert ("a lighthouse at dusk", "fog", 42) == (found.prompt, found.negative_prompt, found.seed)
    assert {"num_inference_steps": 20, "guidance_scale": 7, "width": 512}.items() <= found.params.items()
    assert found


def test_chunks_named_after_settings_are_read():
    found = read_metadata(png_with({"prompt": "a lighthouse", "seed": "42", "num_inference_steps": "20"}))
    assert ("a lighthouse", 42, 20) == (found.prompt, found.seed, found.params["num_inference_steps"])


def test_draw_things_is_read_from_xmp():
    data = {
        "c": "a lighthouse at dusk",
        "uc": "fog",
        "steps": 20,
        "scale": 7,
        "seed": 42,
        "size": "512x640",
        "model": "m",
    }
    text = json.dumps(data).replace('"', "&quot;")
    found = read_metadata(
        jpeg_with(xmp=xmp(f"<exif:UserComment><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt></exif:UserComment>"))
    )
    assert ("Draw Things", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert {key: found.params[key] for key in FACTS} == FACTS


def test_our_own_record_comes_before_what_the_service_wrote():
    ours = json.dumps({"ipyimagegen": 1, "model": "a/b", "prompt": "ours"})
    found = read_metadata(png_with({"parameters": INFOTEXT, "prompt": json.dumps(graph()), "ipyimagegen": ours}))
    assert ("ipyimagegen", "ours", "a/b") == (found.tool, found.prompt, found.model)
