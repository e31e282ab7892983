from __future__ import annotations

import json
from typing import Any

import pytest

from ipyimagegen.media.metadata import Found, read_metadata

from .foreign import FACTS, Graph, comfy_png, graph, node, png_with, sampler


def read(nodes: Graph, **texts: str) -> Found:
    return read_metadata(comfy_png(nodes, **texts))


def facts(found: Found) -> dict[str, Any]:
    return {name: found.params.get(name) for name in FACTS}


GUIDED = {
    "sampler": node(
        "SamplerCustomAdvanced",
        noise=["noise", 0],
        guider=["guider", 0],
        sampler=["choice", 0],
        sigmas=["split", 0],
        latent_image=["latent", 0],
    ),
    "noise": node("RandomNoise", noise_seed=42),
    "guider": node("CFGGuider", cfg=7.0, model=["model", 0], positive=["positive", 0], negative=["negative", 0]),
    "choice": node("KSamplerSelect", sampler_name="euler"),
    "split": node("SplitSigmas", sigmas=["sigmas", 0], step=10),
    "sigmas": node("BasicScheduler", scheduler="normal", steps=20, denoise=1.0, model=["model", 0]),
}
CUSTOM = GUIDED | {
    "sampler": node(
        "SamplerCustom",
        add_noise=True,
        noise_seed=42,
        cfg=7.0,
        model=["model", 0],
        positive=["positive", 0],
        negative=["negative", 0],
        sampler=["choice", 0],
        sigmas=["sigmas", 0],
        latent_image=["latent", 0],
    )
}
BOTH = {"positive": ["positive", 0], "negative": ["negative", 0]}
PASSED = {"positive": ["both", 0], "negative": ["both", 1]}
GRAPHS: dict[str, Graph] = {
    "plain": graph(),
    "control net": graph(both=node("ControlNetApplyAdvanced", strength=1.0, **BOTH), sampler=sampler(**PASSED)),
    "inpaint": graph(
        both=node("InpaintModelConditioning", noise_mask=True, pixels=["latent", 0], **BOTH), sampler=sampler(**PASSED)
    ),
    "image to video": graph(
        both=node("WanImageToVideo", width=512, height=640, length=81, **BOTH),
        sampler=sampler(latent_image=["both", 2], **PASSED),
    ),
    "two that pass both": graph(
        both=node("ControlNetApplySD3", positive=["inner", 0], negative=["inner", 1]),
        inner=node("LTXVConditioning", **BOTH),
        sampler=sampler(**PASSED),
    ),
    "both behind a model": graph(
        both=node("ApplyInstantID", model=["model", 0], **BOTH),
        sampler=sampler(model=["both", 0], positive=["both", 1], negative=["both", 2]),
    ),
    "loader with texts": graph(
        loader=node(
            "Efficient Loader",
            ckpt_name="base.safetensors",
            positive="a lighthouse at dusk",
            negative="fog",
            empty_latent_width=512,
            empty_latent_height=640,
        ),
        sampler=sampler(
            model=["loader", 0], positive=["loader", 1], negative=["loader", 2], latent_image=["loader", 3]
        ),
    ),
    "pipe": graph(
        pipe=node(
            "easy a1111Loader",
            ckpt_name="base.safetensors",
            positive="a lighthouse at dusk",
            negative="fog",
            empty_latent_width=512,
            empty_latent_height=640,
        ),
        sampler=node(
            "easy fullkSampler", pipe=["pipe", 0], steps=20, cfg=7, sampler_name="euler", scheduler="normal", seed=42
        ),
    ),
    "a bundle taken apart": graph(
        bundle=node("ToBasicPipe", model=["model", 0], clip=["model", 1], vae=["model", 2], **BOTH),
        apart=node("FromBasicPipe", basic_pipe=["bundle", 0]),
        sampler=sampler(model=["apart", 0], positive=["apart", 3], negative=["apart", 4]),
    ),
    "a bundle with a prompt exchanged": graph(
        castle=node("CLIPTextEncode", text="a castle", clip=["model", 1]),
        bundle=node("ToBasicPipe", model=["model", 0], positive=["castle", 0], negative=["negative", 0]),
        edited=node("EditBasicPipe", basic_pipe=["bundle", 0], positive=["positive", 0]),
        apart=node("FromBasicPipe", basic_pipe=["edited", 0]),
        sampler=sampler(model=["apart", 0], positive=["apart", 3], negative=["apart", 4]),
    ),
    "a switch": graph(
        castle=node("CLIPTextEncode", text="a castle", clip=["model", 1]),
        switch=node("ImpactSwitch", select=2, input1=["castle", 0], input2=["positive", 0], sel_mode=False),
        sampler=sampler(positive=["switch", 0]),
    ),
    "texts behind a loader": graph(
        loader=node(
            "Efficient Loader",
            ckpt_name="base.safetensors",
            positive=["text", 0],
            negative="fog",
            empty_latent_width=512,
            empty_latent_height=640,
        ),
        text=node("Text Multiline", text="a lighthouse at dusk"),
        sampler=sampler(
            model=["loader", 0], positive=["loader", 1], negative=["loader", 2], latent_image=["loader", 3]
        ),
    ),
    "custom sampler": graph(**CUSTOM),
    "guider": graph(**GUIDED),
    "text in a box": graph(
        positive=node("CLIPTextEncode", text=["box", 0], clip=["model", 1]),
        box=node("Some Box", Text="a lighthouse at dusk"),
    ),
    "text through a display": graph(
        positive=node("CLIPTextEncode", text=["shown", 0], clip=["model", 1]),
        shown=node("ShowText|pysssss", text=["box", 0], text_0="what stood there before"),
        box=node("PrimitiveStringMultiline", value="a lighthouse at dusk"),
    ),
    "joined texts": graph(
        positive=node("CLIPTextEncode", text=["join", 0], clip=["model", 1]),
        join=node("StringConcatenate", string_a="a lighthouse", string_b=["box", 0], delimiter=" "),
        box=node("Text Multiline", text="at dusk"),
    ),
    "populated wildcards": graph(
        positive=node("CLIPTextEncode", text=["wild", 0], clip=["model", 1]),
        wild=node("ImpactWildcardProcessor", wildcard_text="a {x|y}", populated_text="a lighthouse at dusk", seed=3),
    ),
    "values from nodes": graph(
        sampler=sampler(seed=["seed", 0], steps=["steps", 0], cfg=["cfg", 0]),
        seed=node("Seed (rgthree)", seed=42),
        steps=node("PrimitiveInt", value=20),
        cfg=node("Reroute", **{"": ["float", 0]}),
        float=node("FloatConstant", value=7.0),
        latent=node("EmptyLatentImage", width=["size", 0], height=["size", 1], batch_size=1),
        size=node("SizePicker", aspect_ratio="4:5 portrait 512x640"),
    ),
    "second pass first": {
        "late": sampler(seed=7, steps=8, cfg=3.0, denoise=0.4, latent_image=["up", 0]),
        "up": node("LatentUpscale", samples=["sampler", 0], width=1024, height=1280),
        **graph(decode=node("VAEDecode", samples=["late", 0])),
    },
    "saver that looks like a sampler": {
        "save2": node("Save With Text", images=["decode", 0], steps=99, cfg=1.0, positive="x", negative="x", seed=0),
        **graph(),
    },
    "saver that is fed": {
        "save2": node(
            "Image Saver",
            images=["decode", 0],
            model=["model", 0],
            positive=["negative", 0],
            negative=["positive", 0],
            steps=99,
            cfg=1.0,
            seed_value=0,
            width=64,
            height=64,
        ),
        **graph(),
    },
    "sampler that leads nowhere": {"dead": sampler(seed=1, steps=1, positive=["negative", 0]), **graph()},
    "a wildcard node without wildcards": graph(
        positive=node("CLIPTextEncode", text=["wild", 0], clip=["model", 1]),
        wild=node("easy wildcards", text="a lighthouse at dusk", seed=3),
    ),
    "a picture that only taught the model": graph(
        reference=sampler(seed=1, positive=["castle", 0]),
        castle=node("CLIPTextEncode", text="a castle", clip=["model", 1]),
        seen=node("VAEDecode", samples=["reference", 0]),
        adapter=node("IPAdapterAdvanced", model=["model", 0], image=["seen", 0], weight=0.8),
        sampler=sampler(model=["adapter", 0]),
    ),
    "thousands of nodes before it": {**{f"note{n}": node("Note", text="x") for n in range(3_000)}, **graph()},
}


@pytest.mark.parametrize("name", GRAPHS)
def test_prompts_and_settings_are_those_of_the_sampler_that_began_the_picture(name):
    found = read(GRAPHS[name])
    assert ("ComfyUI", "a lighthouse at dusk", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert facts(found) == FACTS
    assert (found.model, found.params["sampler"]) == ("base.safetensors", "euler")


def test_a_zeroed_conditioning_has_no_words():
    found = read(
        graph(zero=node("ConditioningZeroOut", conditioning=["positive", 0]), sampler=sampler(negative=["zero", 0]))
    )
    assert ("a lighthouse at dusk", "", ()) == (found.prompt, found.negative_prompt, found.doubts)


UNTOLD: dict[str, Graph] = {
    "an encoder of nobody's behind both": graph(
        both=node("ControlNetApplyAdvanced", **BOTH),
        positive=node("Regions", mask_token="", strict=1.0, regions=["r", 0], more=["r", 1]),
        r=node("Cutoff", clip=["model", 1]),
        sampler=sampler(**PASSED),
    ),
    "a template": graph(
        positive=node("CLIPTextEncode", text=["wild", 0], clip=["model", 1]),
        wild=node("DPRandomGenerator", text="a {castle|mill}", seed=3),
    ),
    "a node that writes prompts": graph(
        positive=node("CLIPTextEncode", text=["llm", 0]), llm=node("OllamaGenerate", system="You write.", query="sea")
    ),
    "several texts of which one is used": graph(
        positive=node("CLIPTextEncode", text=["mix", 0]), mix=node("Prompt Mixer", one="a castle", other="a mill")
    ),
    "an encoder of pictures": graph(
        positive=node("Mystery", clip_vision=["v", 0], init_image=["i", 0]), v=node("V"), i=node("LoadImage")
    ),
    "a link that leads nowhere": graph(sampler=sampler(positive=["gone", 0])),
    "a circle": graph(positive=node("Reroute", **{"": ["positive", 0]})),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_where_the_prompt_cannot_be_told_there_is_none_and_a_doubt(name):
    found = read(UNTOLD[name])
    assert ("ComfyUI", "", "fog") == (found.tool, found.prompt, found.negative_prompt)
    assert facts(found) == FACTS
    assert name == "a circle" or found.doubts


def test_a_random_number_is_no_seed():
    found = read(graph(sampler=sampler(seed=["r", 0]), r=node("Random Number", minimum=0, maximum=99, seed=3)))
    assert found.seed is None
    assert "seed comes from node r (Random Number)" in found.doubts[0]


def test_regional_prompts_are_told_apart():
    found = read(
        graph(
            positive=node("ConditioningCombine", conditioning_1=["whole", 0], conditioning_2=["area", 0]),
            whole=node("CLIPTextEncode", text="a lighthouse at dusk", clip=["model", 1]),
            area=node("ConditioningSetArea", conditioning=["part", 0], x=0, y=0, width=64, height=64, strength=1),
            part=node("CLIPTextEncode", text="a boat", clip=["model", 1]),
        )
    )
    assert found.prompt == "a lighthouse at dusk"
    assert found.params["regional_prompts"] == ["a boat"]
    assert "for parts of the picture" in found.doubts[0]


def test_loras_come_with_their_weights_wherever_they_stand():
    found = read(
        graph(
            sampler=sampler(model=["lora", 0]),
            lora=node("LoraLoader", lora_name="ink.safetensors", strength_model=0.8, model=["power", 0]),
            power=node(
                "Power Lora Loader (rgthree)",
                lora_1={"on": True, "lora": "sea.safetensors", "strength": 0.5},
                lora_2={"on": False, "lora": "off.safetensors", "strength": 1},
                model=["model", 0],
            ),
        )
    )
    assert found.params["loras"] == [
        {"name": "ink.safetensors", "weight": 0.8},
        {"name": "sea.safetensors", "weight": 0.5},
    ]
    assert found.model == "base.safetensors"


def test_guidance_that_a_model_was_taught_is_no_cfg():
    found = read(
        graph(
            flux=node("FluxGuidance", guidance=3.5, conditioning=["positive", 0]),
            sampler=sampler(cfg=1.0, positive=["flux", 0]),
        )
    )
    assert (found.params["guidance_scale"], found.params["distilled_guidance_scale"]) == (1, 3.5)


def test_another_prompt_of_a_later_pass_is_said():
    found = read(
        graph(
            late=sampler(denoise=0.4, positive=["other", 0], latent_image=["sampler", 0]),
            other=node("CLIPTextEncode", text="a castle", clip=["model", 1]),
            decode=node("VAEDecode", samples=["late", 0]),
        )
    )
    assert found.prompt == "a lighthouse at dusk"
    assert "a later pass" in found.doubts[0]


def test_of_several_pictures_with_several_prompts_none_is_guessed():
    found = read(
        graph(
            other=sampler(positive=["castle", 0]),
            castle=node("CLIPTextEncode", text="a castle", clip=["model", 1]),
            decode2=node("VAEDecode", samples=["other", 0]),
            save2=node("SaveImage", images=["decode2", 0]),
        )
    )
    assert (found.tool, found.prompt) == ("ComfyUI", "")
    assert "makes 2 pictures" in found.doubts[0]


def test_the_drawing_names_the_slots_of_nodes_that_nobody_knows():
    nodes = graph(both=node("Mystery", **BOTH), sampler=sampler(positive=["both", 3], negative=["both", 2]))
    drawing = {"nodes": [{"id": "both", "outputs": [{"name": n} for n in ("A", "B", "negative", "positive")]}]}
    found = read(nodes, workflow=json.dumps(drawing))
    assert ("a lighthouse at dusk", "fog") == (found.prompt, found.negative_prompt)


def drawn(
    kind: str, number: int, values: list[Any], inputs: dict[str, int] | None = None, **more: Any
) -> dict[str, Any]:
    links = [{"name": name, "type": "*", "link": link} for name, link in (inputs or {}).items()]
    return {"id": number, "type": kind, "widgets_values": values, "inputs": links, **more}


DRAWING = {
    "nodes": [
        drawn(
            "KSampler",
            1,
            [42, "randomize", 20, 7, "euler", "normal", 1],
            {"positive": 1, "negative": 2, "latent_image": 3, "model": 4},
        ),
        drawn("CLIPTextEncode", 2, ["a lighthouse at dusk"]),
        drawn("CLIPTextEncode", 3, ["fog"]),
        drawn("EmptyLatentImage", 4, [512, 640, 1]),
        drawn("LoraLoader", 5, ["x", 1, 1], {"model": 5}, mode=4, outputs=[{"type": "*"}]),
        drawn("CheckpointLoaderSimple", 6, ["base.safetensors"]),
        drawn("SaveImage", 7, ["x"], {"images": 6}),
    ],
    "links": [
        [1, 2, 0, 1, 0, "*"],
        [2, 3, 0, 1, 1, "*"],
        [3, 4, 0, 1, 2, "*"],
        [4, 5, 0, 1, 3, "*"],
        [5, 6, 0, 5, 0, "*"],
        [6, 1, 0, 7, 0, "*"],
    ],
}


@pytest.mark.parametrize("control", ["randomize", "fixed", True])
def test_a_drawing_alone_is_read_with_a_doubt(control):
    drawing = json.dumps(DRAWING).replace('"randomize"', json.dumps(control))
    found = read_metadata(png_with({"workflow": drawing}))
    assert ("a lighthouse at dusk", "fog") == (found.prompt, found.negative_prompt)
    assert facts(found) == FACTS
    assert found.model == "base.safetensors"
    assert "only the editor's drawing" in found.doubts[0]
    assert "loras" not in found.params


def test_subgraphs_of_a_drawing_are_unfolded():
    """https://docs.comfy.org/specs/workflow_json: -10 is what comes into a subgraph, -20 what goes out."""

    def link(number: int, start: int, slot: int, end: int, at: int) -> dict[str, Any]:
        names = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
        return dict(zip(names, (number, start, slot, end, at), strict=True))

    inside = {
        "id": "aa-bb",
        "inputs": [{"name": "text"}, {"name": "model"}],
        "outputs": [{"name": "LATENT"}],
        "nodes": [
            drawn(
                "KSampler",
                1,
                [1, "fixed", 99, 7, "euler", "normal", 1],
                {"positive": 1, "negative": 2, "latent_image": 3, "model": 4},
            ),
            drawn("CLIPTextEncode", 2, ["not this"], {"text": 5}),
            drawn("CLIPTextEncode", 3, ["fog"]),
            drawn("EmptyLatentImage", 4, [512, 640, 1]),
        ],
        "links": [
            link(1, 2, 0, 1, 0),
            link(2, 3, 0, 1, 1),
            link(3, 4, 0, 1, 2),
            link(4, -10, 1, 1, 3),
            link(5, -10, 0, 2, 0),
            link(6, 1, 0, -20, 0),
        ],
    }
    user = drawn(
        "aa-bb", 7, [42, 20], {"text": 1, "model": 2}, properties={"proxyWidgets": [["1", "seed"], ["1", "steps"]]}
    )
    drawing = {
        "nodes": [
            drawn("PrimitiveStringMultiline", 5, ["a lighthouse at dusk"]),
            drawn("CheckpointLoaderSimple", 6, ["base.safetensors"]),
            user,
            drawn("VAEDecode", 8, [], {"samples": 3}),
            drawn("SaveImage", 9, ["x"], {"images": 4}),
        ],
        "links": [[1, 5, 0, 7, 0, "*"], [2, 6, 0, 7, 1, "*"], [3, 7, 0, 8, 0, "*"], [4, 8, 0, 9, 0, "*"]],
        "definitions": {"subgraphs": [inside]},
    }
    found = read_metadata(png_with({"workflow": json.dumps(drawing)}))
    assert ("a lighthouse at dusk", "fog") == (found.prompt, found.negative_prompt)
    assert {name: found.params[name] for name in ("seed", "num_inference_steps")} == {
        "seed": 42,
        "num_inference_steps": 20,
    }
    assert found.model == "base.safetensors"


def test_a_subgraph_that_holds_itself_ends():
    itself = {"id": "a", "nodes": [drawn("a", n, []) for n in range(2_000)], "links": []}
    drawing = {"nodes": [drawn("a", 1, [])], "definitions": {"subgraphs": [itself]}}
    assert read_metadata(png_with({"workflow": json.dumps(drawing)})).prompt == ""


def test_a_drawing_of_one_text_gives_that_text():
    drawing = {"nodes": [{"id": 3, "type": "CLIPTextEncode", "widgets_values": ["a lighthouse at dusk"]}], "links": []}
    assert read_metadata(png_with({"workflow": json.dumps(drawing)})).prompt == "a lighthouse at dusk"


def test_the_only_text_of_a_graph_whose_sampler_is_not_known_is_no_prompt():
    found = read(
        {
            "1": node("CLIPTextEncode", text="fog", clip=["0", 1]),
            "2": node("Reroute", **{"": ["1", 0]}),
            "3": node("Something New", bad=["2", 0], regions="a lighthouse"),
            "4": node("SaveImage", images=["3", 0]),
        }
    )
    assert (found.tool, found.prompt) == ("ComfyUI", "")
    assert "no sampler that is known" in found.doubts[-1]


def test_what_a_saving_node_wrote_counts_where_the_graph_cannot_be_read():
    nodes = graph(sampler=sampler(positive=["gone", 0]))
    found = read(nodes, parameters="a castle\nSteps: 4, Sampler: Euler, Seed: 3")
    assert (found.tool, found.prompt, found.params["num_inference_steps"]) == ("ComfyUI", "a castle", 4)
    assert "beside the graph" in found.doubts[0]


def test_a_service_behind_a_node_is_the_model():
    found = read({"1": node("FluxProNode", prompt="a lighthouse", seed=3), "2": node("SaveImage", images=["1", 0])})
    assert (found.prompt, found.seed, found.model) == ("a lighthouse", 3, "FluxProNode")
